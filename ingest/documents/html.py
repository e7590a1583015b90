"""HTML: the visible text of the main content, lists and tables kept."""

import re
from collections import Counter
from typing import Any

from ingest.documents.blocks import Block, ReadDocument, Run
from ingest.documents.characters import one_line, raised
from ingest.documents.hidden_html import HiddenRules
from ingest.documents.report import dropped_flags
from ingest.documents.tables import Cell, place, row_texts

_SKIPPED = frozenset(
    (
        *("script", "style", "noscript", "template", "nav", "footer", "form", "button", "select", "iframe", "svg"),
        *("math", "head", "object", "embed", "audio", "video", "canvas", "dialog", "menu", "input", "textarea"),
    )
)
_BREAKING = frozenset(
    (
        *("p", "div", "section", "article", "main", "header", "aside", "blockquote", "pre", "address", "figure", "hr"),
        *("details", "summary", "fieldset", "body", "html", "center", "dl", "dt", "dd", "ul", "ol", "li", "table"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "caption", "br"),
    )
)
_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_ROLES = frozenset(["navigation", "banner", "contentinfo", "search", "dialog", "alert"])


def read_html(content: bytes) -> ReadDocument:
    """Blocks of an HTML page, and what its head says of it."""
    from selectolax.lexbor import LexborHTMLParser

    dropped: Counter[str] = Counter()
    tree = LexborHTMLParser(_decoded(content))
    properties = _properties(tree)
    blocks = _Walk(dropped, HiddenRules.of(tree)).blocks(_main(tree))
    return ReadDocument(tuple(blocks), properties=properties, flags=dropped_flags(dropped))


def blocks_of_html(text: str, dropped: Counter[str]) -> list[Block]:
    """Blocks of a piece of HTML inside another format."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    return _Walk(dropped, HiddenRules.of(tree)).blocks(tree.body) if tree.body is not None else []


def _decoded(content: bytes) -> str:
    from ingest.documents.text import decode

    declared = _CHARSET.search(content[:4096])
    if declared and not content.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode(declared[1].decode("ascii"))
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(content)


def _main(tree: Any) -> Any:
    """The part of the page that is the document, where the page says which."""
    for name in ("main", "article", "[role=main]"):
        found = tree.css(name)
        if len(found) == 1 and len(found[0].text()) > 0.4 * len(tree.body.text() if tree.body else ""):
            return found[0]
    return tree.body if tree.body is not None else tree.root


def _properties(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    title = tree.css_first("title")
    if title is not None and title.text().strip():
        found["title"] = one_line(title.text())
    for meta in tree.css("meta"):
        name = (meta.attributes.get("name") or meta.attributes.get("property") or "").strip().lower()
        value = one_line(meta.attributes.get("content") or "")
        if name and value:
            found.setdefault(name, value)
    html = tree.css_first("html")
    if html is not None and html.attributes.get("lang"):
        found.setdefault("language", html.attributes["lang"].strip())
    return found


class _Walk:
    """One pass over the page, without recursion: a page nested a thousand deep is only a page."""

    def __init__(self, dropped: Counter[str], hidden: HiddenRules) -> None:
        self.dropped = dropped
        self.hidden = hidden
        self.found: list[Block] = []
        self.parts: list[str] = []
        self.lists: list[int | None] = []
        self.marker: str | None = None
        self.heading = 0
        self.caption = False
        self.term = False  # a <dt> waits for its <dd>
        self.group = 0

    def blocks(self, root: Any) -> list[Block]:
        stack: list[tuple[Any, bool]] = [(root, False)] if root is not None else []
        while stack:
            node, leaving = stack.pop()
            if leaving:
                self._leave(node)
                continue
            tag = node.tag
            if tag == "-text":
                self.parts.append(node.text_content or "")
                continue
            if tag.startswith(("-", "!")) or tag in _SKIPPED or node.attributes.get("role") in _ROLES:
                continue
            if self.hidden.hides(node):
                self.dropped["hidden"] += 1 if node.text().strip() else 0
                continue
            if tag == "table" and self._is_data(node):
                self._flush()
                self._table(node)
                continue
            if tag == "sup":
                self.parts.append(raised("".join(self.parts[-3:]), self._inner(node)))
                continue
            self._enter(node)
            stack.append((node, True))
            children = list(node.iter(include_text=True))
            stack.extend((child, False) for child in reversed(children))
        self._flush()
        return self.found

    def _enter(self, node: Any) -> None:
        tag = node.tag
        if tag not in _BREAKING and tag not in ("tr", "td", "th"):
            return
        if tag != "dd" or not self.term:
            self._flush()
        self.term = False
        if tag in ("ul", "ol"):
            if not self.lists:
                self.group += 1
            start = node.attributes.get("start") or "1"
            self.lists.append((int(start) if start.isdigit() else 1) if tag == "ol" else None)
        elif tag == "li":
            number = self.lists[-1] if self.lists else None
            self.marker = "" if number is None else f"{number}. "
            if number is not None:
                self.lists[-1] = number + 1
        elif tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            self.heading = int(tag[1])
        elif tag in ("figcaption", "caption"):
            self.caption = True

    def _leave(self, node: Any) -> None:
        tag = node.tag
        if tag not in _BREAKING and tag not in ("tr", "td", "th"):
            return
        if tag == "dt" and "".join(self.parts).strip():
            # A term and what is said of it are one line.
            self.parts[:] = ["".join(self.parts).strip().rstrip(":"), ": "]
            self.term = True
            return
        self._flush()
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        elif tag == "li":
            self.marker = None
        self.heading = 0
        self.caption = False

    def _flush(self) -> None:
        text = one_line("".join(self.parts), self.dropped)
        self.parts.clear()
        if not text:
            return
        if self.heading:
            self.found.append(Block("heading", Run(text), level=self.heading))
        elif self.lists:
            marker, self.marker = self.marker or "", ""
            self.found.append(Block("item", Run(marker + text), level=len(self.lists) - 1, group=self.group))
        else:
            self.found.append(Block("caption" if self.caption else "paragraph", Run(text)))

    def _is_data(self, table: Any) -> bool:
        """Whether this is a table of data, not a page laid out by one."""
        if table.attributes.get("role") in ("presentation", "none") or table.css("table table, h1, h2, h3"):
            return False
        return len(table.css("tr")) > 1 and len(table.css("td, th")) > 2

    def _table(self, table: Any) -> None:
        self.group += 1
        caption = table.css_first("caption")
        if caption is not None and not self.hidden.hides(caption):
            text = self._inner(caption)
            if text:
                self.found.append(Block("caption", Run(text), group=self.group))
        rows: list[list[tuple[Cell, int, int]]] = []
        for line in table.css("tr"):
            if self.hidden.hides(line):
                continue
            in_head = line.parent is not None and line.parent.tag == "thead"
            row = []
            for cell in line.css("td, th"):
                if self.hidden.hides(cell):
                    self.dropped["hidden"] += 1
                    continue
                header = in_head or (cell.tag == "th" and cell.attributes.get("scope") != "row")
                content = Cell(Run(self._inner(cell)), header=header)
                row.append((content, _span(cell, "colspan"), _span(cell, "rowspan") or len(table.css("tr"))))
            rows.append(row)
        for made in row_texts(place(rows)):
            if made.run:
                self.found.append(Block("row", made.run, group=self.group))

    def _inner(self, node: Any) -> str:
        """The visible words inside one element, on one line."""
        parts: list[str] = []
        stack = list(reversed(list(node.iter(include_text=True))))
        while stack:
            child = stack.pop()
            if child.tag == "-text":
                parts.append(child.text_content or "")
            elif child.tag in _SKIPPED or child.tag.startswith(("-", "!")):
                continue
            elif self.hidden.hides(child):
                self.dropped["hidden"] += 1
            elif child.tag == "sup":
                parts.append(raised("".join(parts[-3:]), child.text()))
            else:
                if child.tag in _BREAKING:
                    parts.append(" ")
                    stack.append(_SPACE)
                stack.extend(reversed(list(child.iter(include_text=True))))
        return one_line("".join(parts), self.dropped)


class _Space:
    tag = "-text"
    text_content = " "


_SPACE: Any = _Space()


def _span(cell: Any, name: str) -> int:
    value = (cell.attributes.get(name) or "1").strip()
    # HTML itself stops at 1,000 columns and 65,534 rows.
    return min(int(value), 1000) if value.isdigit() else 1
