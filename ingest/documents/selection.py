"""Which blocks are evidence: lists of references and tables of contents are not."""

import re
from collections import Counter
from collections.abc import Sequence

from ingest.documents.blocks import Block
from ingest.documents.report import dropped_flags
from knowledge.editions import Flag

_REFERENCES = re.compile(
    r"^(?:\d+(?:\.\d+)*\.?\s*)?(?:references?(?: list| cited)?|bibliography|literature(?: cited)?|works cited|"
    r"literatur(?:verzeichnis)?|références(?: bibliographiques)?|bibliografía|referencias)\W*$",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r"^(?:table of contents|contents|inhalt(?:sverzeichnis)?|sommaire|index)\W*$", re.IGNORECASE)
_LEADERS = re.compile(r"(?:\.\s?){4,}\s*\d{1,4}$|…{2,}\s*\d{1,4}$")


def evidence_blocks(blocks: Sequence[Block]) -> tuple[list[Block], tuple[Flag, ...]]:
    """The blocks worth quoting, and flags for what was left out."""
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
        else:
            kept.append(block)
    if not any(block.kind != "heading" for block in kept) and any(block.kind != "heading" for block in blocks):
        return list(blocks), ()  # a document that is nothing but such a list is what was asked for
    return kept, dropped_flags(dropped)


def _title(text: str) -> str | None:
    if _REFERENCES.match(text):
        return "references"
    return "contents" if _CONTENTS.match(text) else None
