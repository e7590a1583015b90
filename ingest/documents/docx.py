"""Word files: styles say what is a heading, numbering what is a list."""

import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from ingest.documents.blocks import Block, ReadDocument, Run
from ingest.documents.characters import one_line, raised
from ingest.documents.refusals import Refused
from ingest.documents.report import dropped_flags
from ingest.documents.tables import Cell, Grid, padded, row_texts

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# A Word file unpacks to some ten times its size; a bomb to thousands.
_MOST_UNPACKED = 256 * 1024 * 1024
_HEADING = re.compile(r"^(?:heading|überschrift|titre|kop)\s*(\d)$", re.IGNORECASE)


def read_docx(content: bytes) -> ReadDocument:
    """Blocks of a Word file, and the properties it carries."""
    import docx

    _check_container(content)
    try:
        document = docx.Document(BytesIO(content))
    except MemoryError:
        raise
    except Exception as error:  # python-docx lets out KeyError, ValueError, lxml's and zipfile's own
        raise Refused("unreadable") from error
    walk = _Walk(document)
    blocks = walk.blocks()
    return ReadDocument(tuple(blocks), properties=_properties(document), flags=dropped_flags(walk.dropped))


def _check_container(content: bytes) -> None:
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise Refused("encrypted")
        raise Refused("unsupported", "It is a Word file of before 2007.")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            infos = archive.infolist()
            if any(info.flag_bits & 1 for info in infos):
                raise Refused("encrypted")
            if sum(info.file_size for info in infos) > _MOST_UNPACKED:
                raise Refused("too_large")
            names = {info.filename for info in infos}
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Refused("unreadable") from error
    if "[Content_Types].xml" not in names:
        raise Refused("unreadable")
    if any(name.startswith(("xl/", "ppt/")) for name in names):
        raise Refused("unsupported")


def _properties(document: Any) -> dict[str, str]:
    try:
        core = document.core_properties
        found = {
            "title": core.title,
            "author": core.author,
            "subject": core.subject,
            "keywords": core.keywords,
            "language": core.language,
            "version": core.version,
        }
    except Exception:  # properties are a courtesy: a file without sound ones is still read
        return {}
    return {name: one_line(value) for name, value in found.items() if isinstance(value, str) and value.strip()}


class _Walk:
    """One pass over the body."""

    def __init__(self, document: Any) -> None:
        self.body = document.element.body
        self.dropped: Counter[str] = Counter()
        self.styles = _styles(document)
        self.ordered = _ordered_lists(document)
        self.numbers: dict[tuple[str, int], int] = {}
        self.group = 0
        self.in_list = False

    def blocks(self) -> list[Block]:
        found: list[Block] = []
        for element in _flattened(self.body):
            if element.tag == _W + "p":
                found.extend(self._paragraph(element))
            elif element.tag == _W + "tbl":
                self.in_list = False
                found.extend(self._table(element))
        return found

    def _paragraph(self, element: Any) -> Iterator[Block]:
        text = self._words(element)
        style, level = self._style(element)
        if text:
            number = element.find(f"{_W}pPr/{_W}numPr")
            if level:
                self.in_list = False
                yield Block("heading", Run(text), level=level)
            elif style.startswith("toc"):
                self.dropped["contents"] += 1
            elif number is not None or style.startswith("list"):
                self.group += 0 if self.in_list else 1
                self.in_list = True
                depth = int(_value(number, "ilvl") or 0) if number is not None else 0
                yield Block("item", Run(self._marker(number, depth, style) + text), level=depth, group=self.group)
            else:
                self.in_list = False
                yield Block("caption" if style == "caption" else "paragraph", Run(text))
        for box in element.iter(_W + "txbxContent"):
            if not any(parent.tag == _MC_FALLBACK for parent in box.iterancestors()):
                for inner in box.iterchildren(_W + "p"):
                    yield from self._paragraph(inner)

    def _style(self, element: Any) -> tuple[str, int]:
        """The name of a paragraph's style, and its level when it is a heading's."""
        name = _value(element.find(f"{_W}pPr"), "pStyle") or ""
        style, level = self.styles.get(name, (name.lower(), 0))
        own = _value(element.find(f"{_W}pPr"), "outlineLvl")
        if own is not None and own.isdigit() and int(own) < 9:
            level = int(own) + 1
        return style, level

    def _marker(self, number: Any, depth: int, style: str) -> str:
        name = _value(number, "numId") or style if number is not None else style
        if not (name in self.ordered or style.startswith("list number")):
            return ""
        for key in [key for key in self.numbers if key[0] == name and key[1] > depth]:
            del self.numbers[key]
        self.numbers[name, depth] = self.numbers.get((name, depth), 0) + 1
        return f"{self.numbers[name, depth]}. "

    def _words(self, element: Any) -> str:
        """What a reader of the page sees of this paragraph, without its text boxes."""
        parts: list[str] = []
        for run in element.iter(_W + "r"):
            if _outside(run, element):
                continue
            text = "".join(_piece(child) for child in run)
            look = run.find(_W + "rPr")
            if not text.strip() or look is None:
                parts.append(text)
            elif _unseen(look):
                self.dropped["hidden"] += 1
            elif _value(look, "vertAlign") == "superscript":
                parts.append(raised("".join(parts[-3:]), text))
            else:
                parts.append(text)
        return one_line("".join(parts), self.dropped)

    def _table(self, table: Any) -> Iterator[Block]:
        self.group += 1
        for made in row_texts(self._grid(table)):
            yield Block("row", made.run, group=self.group)

    def _grid(self, table: Any) -> Grid:
        grid: Grid = []
        for line in table.iterchildren(_W + "tr"):
            header = _on(line.find(f"{_W}trPr/{_W}tblHeader"))
            cells: list[Cell | None] = [None] * _number(line.find(_W + "trPr"), "gridBefore", 0)
            for cell in line.iter(_W + "tc"):
                if next(cell.iterancestors(_W + "tbl")) is not table:
                    continue
                look = cell.find(_W + "tcPr")
                merge = look.find(_W + "vMerge") if look is not None else None
                above = grid[-1][len(cells)] if grid and len(cells) < len(grid[-1]) else None
                if merge is not None and merge.get(_W + "val") != "restart" and above is not None:
                    content = above
                else:
                    words = " ".join(self._words(part) for part in cell.iter(_W + "p"))
                    content = Cell(Run(" ".join(words.split())), header=header)
                cells.extend([content] * max(1, _number(look, "gridSpan", 1)))
            grid.append(cells)
        return padded(grid)


def _flattened(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables of a body, those inside content controls too, tables of contents left out."""
    for element in parent.iterchildren():
        if element.tag == _W + "sdt":
            gallery = element.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
            content = element.find(_W + "sdtContent")
            if content is not None and (gallery is None or "Contents" not in (gallery.get(_W + "val") or "")):
                yield from _flattened(content)
        elif element.tag in (_W + "ins", _W + "customXml", _W + "smartTag"):
            yield from _flattened(element)
        else:
            yield element


def _styles(document: Any) -> dict[str, tuple[str, int]]:
    """For each style's id: its name, and the level of the heading it makes."""
    found: dict[str, tuple[str, int]] = {}
    based: dict[str, str] = {}
    for style in document.styles.element.iter(_W + "style"):
        key = style.get(_W + "styleId") or ""
        name = (_value(style, "name") or key).lower()
        heading = _HEADING.match(name)
        outline = _value(style.find(_W + "pPr"), "outlineLvl")
        level = int(heading[1]) if heading else 1 if name == "title" else 0
        if not level and outline is not None and outline.isdigit() and int(outline) < 9:
            level = int(outline) + 1
        found[key] = (name, level)
        based[key] = _value(style, "basedOn") or ""
    for key, (name, level) in list(found.items()):
        parent, steps = based[key], 0
        while not level and parent in found and steps < 10:
            level, parent, steps = found[parent][1], based[parent], steps + 1
        found[key] = (name, level)
    return found


def _ordered_lists(document: Any) -> frozenset[str]:
    """The ids of numberings that count rather than put bullets."""
    try:
        numbering = document.part.numbering_part.element
    except (KeyError, NotImplementedError, AttributeError):
        return frozenset()
    counting = set()
    for abstract in numbering.iter(_W + "abstractNum"):
        level = abstract.find(_W + "lvl")
        if (_value(level, "numFmt") or "bullet") not in ("bullet", "none"):
            counting.add(abstract.get(_W + "abstractNumId"))
    return frozenset(
        number.get(_W + "numId") or ""
        for number in numbering.iter(_W + "num")
        if _value(number, "abstractNumId") in counting
    )


def _outside(run: Any, paragraph: Any) -> bool:
    """Whether this run was deleted or moved away, or belongs to a text box or a paragraph inside this one."""
    for parent in run.iterancestors():
        if parent is paragraph:
            return False
        if parent.tag in (_W + "del", _W + "moveFrom", _W + "txbxContent", _MC_FALLBACK):
            return True
    return True


def _piece(child: Any) -> str:
    if child.tag == _W + "t":
        return child.text or ""
    if child.tag in (_W + "tab", _W + "br", _W + "cr"):
        return " "
    if child.tag == _W + "noBreakHyphen":
        return "-"
    return ""


def _unseen(look: Any) -> bool:
    if _on(look.find(_W + "vanish")) or _on(look.find(_W + "webHidden")):
        return True
    size = _value(look, "sz")
    if size is not None and size.isdigit() and int(size) <= 2:  # half points
        return True
    colour = (_value(look, "color") or "").upper()
    shaded = look.find(_W + "shd") is not None or look.find(_W + "highlight") is not None
    return colour in ("FFFFFF", "FEFEFE") and not shaded and not _in_shade(look)


def _in_shade(look: Any) -> bool:
    """Whether the paragraph or the cell around lies on a colour."""
    for parent in look.iterancestors(_W + "p", _W + "tc", _W + "tr", _W + "tbl"):
        own = parent.find(f"{_W}{parent.tag[len(_W) :]}Pr")
        shade = own.find(_W + "shd") if own is not None else None
        if shade is not None and (shade.get(_W + "fill") or "auto").upper() not in ("AUTO", "FFFFFF"):
            return True
        if parent.tag == _W + "tbl" and own is not None and own.find(_W + "tblStyle") is not None:
            return True  # a table's style may colour its head row: what is not known is not dropped
    return False


def _on(element: Any) -> bool:
    return element is not None and (element.get(_W + "val") or "1") not in ("0", "false", "off")


def _value(parent: Any, name: str) -> str | None:
    found = parent.find(_W + name) if parent is not None else None
    return None if found is None else found.get(_W + "val")


def _number(parent: Any, name: str, otherwise: int) -> int:
    value = _value(parent, name) or ""
    # Word itself stops at 63 columns.
    return min(int(value), 63) if value.isdigit() else otherwise
