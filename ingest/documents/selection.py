"""Which blocks are evidence: lists of references and tables of contents are not."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ingest.documents.blocks import Block
from ingest.documents.metadata import LABELLED
from ingest.documents.report import dropped_flags
from knowledge.editions import Flag

_REFERENCES = re.compile(
    r"^(?:\d+(?:\.\d+)*\.?\s*)?(?:references?(?: list| cited)?|bibliography|literature(?: cited)?|works cited|"
    r"literatur(?:verzeichnis)?|références(?: bibliographiques)?|bibliografía|referencias)\W*$",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r"^(?:table of contents|contents|inhalt(?:sverzeichnis)?|sommaire|index)\W*$", re.IGNORECASE)
_LEADERS = re.compile(r"(?:\.\s?){4,}\s*\d{1,4}$|…{2,}\s*\d{1,4}$")
# What stands on first pages and is nobody's advice.
_BOILERPLATE = re.compile(
    r"\ball rights reserved\b|©|\bcopyright\b|\bisbn\b|\bissn\b|\bnot for (?:clinical )?(?:care|use)\b|"
    r"\bdemonstration content\b|\buncontrolled (?:if|when) printed\b|\bconfidential\b|"
    r"\bcorrespond(?:ing author|ence to)\b",
    re.IGNORECASE,
)
_BOILERPLATE_WORDS = 60
# Where in another document something stands: "Page 64 line 1459".
_POINTER = re.compile(r"^\W*(?:see )?page \d+(?:\W{1,3}lines? \d+(?:\W\d+)?)\W*$", re.IGNORECASE)
# A document introduces itself within this many blocks, before its first section.
_FIRST_BLOCKS = 40


def evidence_blocks(blocks: Sequence[Block]) -> tuple[list[Block], tuple[Flag, ...]]:
    """The blocks worth quoting, and flags for what was left out."""
    blocks = _identity_marked(blocks)
    kept: list[Block] = []
    dropped: Counter[str] = Counter()
    inside: tuple[str, int] | None = None
    for block in blocks:
        heading = block.kind == "heading"
        if heading and inside is not None and block.level <= inside[1]:
            inside = None
        if inside is None and (heading or len(block.text) < 40):
            name = _title(block.text)
            # A line that only looks like the heading of a list ends with the next heading, whatever its level.
            inside = (name, block.level if heading else 99) if name and (heading or block.kind == "paragraph") else None
        if inside is not None:
            dropped[inside[0]] += 1
        elif _LEADERS.search(block.text):
            dropped["contents"] += 1
        elif _POINTER.match(block.text):
            dropped["pointer"] += 1
        else:
            kept.append(block)
    if not any(block.kind not in ("heading", "identity") for block in kept) and any(
        block.kind != "heading" for block in blocks
    ):
        return list(blocks), ()  # a document that is nothing but such a list is what was asked for
    if kept and all(block.kind == "heading" for block in kept):
        # Nothing stands under these headings: they are all it says.
        kept = [replace(block, kind="paragraph") for block in kept]
    return kept, dropped_flags(dropped)


def _identity_marked(blocks: Sequence[Block]) -> list[Block]:
    """The blocks, those before the first section that only say what the document is marked as such."""
    marked: list[Block] = []
    headings = 0
    for number, block in enumerate(blocks):
        headings += block.kind == "heading"
        early = number < _FIRST_BLOCKS and headings <= 1 and block.kind in ("paragraph", "item", "row")
        words = len(block.text.split())
        says_what = early and (
            (words <= _BOILERPLATE_WORDS and _BOILERPLATE.search(block.text))
            or (words <= _BOILERPLATE_WORDS and LABELLED.match(block.text))
        )
        marked.append(replace(block, kind="identity") if says_what else block)
    if any(block.kind not in ("identity", "heading") for block in marked):
        return marked
    return list(blocks)


def _title(text: str) -> str | None:
    if _REFERENCES.match(text):
        return "references"
    return "contents" if _CONTENTS.match(text) else None
