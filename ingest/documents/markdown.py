"""Markdown: what its tokens say is what it is."""

from collections import Counter
from typing import Any

from ingest.documents.blocks import Block, ReadDocument, Run
from ingest.documents.characters import one_line, raised, tidy_lines
from ingest.documents.front_matter import split_front_matter
from ingest.documents.html import blocks_of_html
from ingest.documents.report import dropped_flags
from ingest.documents.tables import Cell, place, row_texts
from ingest.documents.text import decode


def read_markdown(content: bytes) -> ReadDocument:
    """Blocks of a Markdown file, its front matter apart."""
    from markdown_it import MarkdownIt

    dropped: Counter[str] = Counter()
    front, body = split_front_matter(tidy_lines(decode(content), dropped))
    tokens = MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(body)
    blocks = tuple(_Walk(tokens, dropped).blocks())
    return ReadDocument(blocks, front_matter=front, flags=dropped_flags(dropped))


class _Walk:
    """One pass over the tokens."""

    def __init__(self, tokens: list[Any], dropped: Counter[str]) -> None:
        self.tokens = tokens
        self.dropped = dropped
        self.found: list[Block] = []
        self.lists: list[int | None] = []  # the next number of each open list; None: bullets
        self.marker = ""
        self.group = 0

    def blocks(self) -> list[Block]:
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.type in ("bullet_list_open", "ordered_list_open"):
                if not self.lists:
                    self.group += 1
                ordered = token.type == "ordered_list_open"
                self.lists.append(int(token.attrGet("start") or 1) if ordered else None)
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self.lists.pop()
            elif token.type == "list_item_open":
                number = self.lists[-1]
                self.marker = "" if number is None else f"{number}. "
                if number is not None:
                    self.lists[-1] = number + 1
            elif token.type == "heading_open":
                self._add(Block("heading", Run(self._inline(at + 1)), level=int(token.tag[1])))
            elif token.type == "paragraph_open":
                self._paragraph(self._inline(at + 1))
            elif token.type == "table_open":
                at = self._table(at)
            elif token.type in ("code_block", "fence"):
                self._paragraph(one_line(token.content, self.dropped))
            elif token.type == "html_block":
                self.found.extend(blocks_of_html(token.content, self.dropped))
            at += 1
        return self.found

    def _add(self, block: Block) -> None:
        if block.text:
            self.found.append(block)

    def _paragraph(self, text: str) -> None:
        if self.lists:
            self._add(Block("item", Run(self.marker + text), level=len(self.lists) - 1, group=self.group))
            self.marker = ""
        else:
            self._add(Block("paragraph", Run(text)))

    def _table(self, at: int) -> int:
        rows: list[list[tuple[Cell, int, int]]] = []
        while self.tokens[at].type != "table_close":
            token = self.tokens[at]
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                cell = Cell(Run(self._inline(at + 1)), header=token.type == "th_open")
                rows[-1].append((cell, 1, 1))
            at += 1
        self.group += 1
        for row in row_texts(place(rows)):
            self._add(Block("row", row.run, group=self.group))
        return at

    def _inline(self, at: int) -> str:
        """The words of an inline token as they would be read on the page."""
        parts: list[str] = []
        lifted: int | None = None
        for child in self.tokens[at].children or ():
            if child.type in ("text", "code_inline", "image"):
                parts.append(child.content)
            elif child.type in ("softbreak", "hardbreak"):
                parts.append(" ")
            elif child.type == "html_inline":
                tag = child.content.lower()
                if tag.startswith("<sup"):
                    lifted = len(parts)
                elif tag.startswith("</sup") and lifted is not None:
                    parts[lifted:] = [raised("".join(parts[:lifted]), "".join(parts[lifted:]))]
                    lifted = None
                elif tag.startswith("<br"):
                    parts.append(" ")
        return one_line("".join(parts), self.dropped)
