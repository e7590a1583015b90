"""Read one guideline source: front matter, then headings, paragraphs, lists and tables."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

NOTICE = "Demonstration content written for this project. Not for clinical care."


@dataclass(frozen=True)
class Block:
    """One piece of a guideline; `rows` is for tables, `text` for everything else."""

    kind: Literal["title", "heading", "paragraph", "item", "table"]
    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Guideline:
    """A guideline as written, before it is made into a file of some format."""

    stem: str
    facts: dict[str, Any]
    body: str
    blocks: tuple[Block, ...]

    @property
    def about(self) -> tuple[tuple[str, str], ...]:
        """What the first page says about the document, in the order a reader wants it."""
        named = {
            "Publisher": "publisher",
            "Edition": "version",
            "Published": "published",
            "Next review": "next_review",
            "Population": "population",
            "Jurisdiction": "jurisdiction",
            "Language": "language",
            "Licence": "licence",
        }
        return tuple((label, str(self.facts[key])) for label, key in named.items())

    @property
    def published(self) -> dt.datetime:
        day = self.facts["published"]
        return dt.datetime(day.year, day.month, day.day, 9, 0, tzinfo=dt.UTC)

    @property
    def in_force(self) -> bool:
        return "superseded_by" not in self.facts


def read_guideline(path: Path) -> Guideline:
    """The guideline kept at `path`."""
    _, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return Guideline(stem=path.stem, facts=yaml.safe_load(front), body=body.strip() + "\n", blocks=_blocks(body))


def _blocks(body: str) -> tuple[Block, ...]:
    blocks: list[Block] = []
    rows: list[tuple[str, ...]] = []
    for line in [*body.splitlines(), ""]:
        if line.startswith("|"):
            cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
            if not all(set(cell) <= set("-:") for cell in cells):
                rows.append(cells)
            continue
        if rows:
            blocks.append(Block("table", rows=tuple(rows)))
            rows = []
        if line.startswith("## "):
            blocks.append(Block("heading", line[3:]))
        elif line.startswith("# "):
            blocks.append(Block("title", line[2:]))
        elif line.startswith("- "):
            blocks.append(Block("item", line[2:]))
        elif line.strip():
            blocks.append(Block("paragraph", line.strip()))
    return tuple(blocks)
