"""The text of a C-CDA document as it is read: sections with their headings, tables row by row."""

from collections.abc import Iterator

from ingest.records.ccda.elements import Element, all_of, name, one_of

# Sections nest a few deep; more is a loop or an attack.
_DEEPEST = 8
_INLINE = frozenset({"content", "linkHtml", "sub", "sup", "footnote", "footnoteRef"})


def narrative(root: Element) -> str:
    """Every section's title and text, in order."""
    lines: list[str] = []
    for section in all_of(root, "h:component/h:structuredBody/h:component/h:section"):
        lines += _section(section, 0)
    return "\n".join(lines).strip()


def _section(section: Element, depth: int) -> list[str]:
    title = " ".join("".join(one.itertext()) for one in all_of(section, "h:title")).split()
    lines = [line for line in _block(one_of(section, "h:text")) if line]
    inner = [
        line
        for one in (all_of(section, "h:component/h:section") if depth < _DEEPEST else [])
        for line in _section(one, depth + 1)
    ]
    if not lines and not inner:
        return []
    return [f"\n## {' '.join(title)}" if title else "", *lines, *inner]


def _block(element: Element | None) -> Iterator[str]:
    """The lines of a block: text that runs on is one line, each paragraph, item and row is one."""
    if element is None:
        return
    running: list[str] = [element.text or ""]
    for child in element:
        tag = name(child)
        if tag in _INLINE:
            running.append(" ".join(child.itertext()))
        elif tag == "br":
            yield _squeezed(running)
            running = []
        else:
            yield _squeezed(running)
            running = []
            yield from _inner(child, tag)
        running.append(child.tail or "")
    yield _squeezed(running)


def _inner(child: Element, tag: str) -> Iterator[str]:
    if tag == "table":
        yield from _table(child)
    elif tag == "item":
        lines = [line for line in _block(child) if line]
        yield from (f"- {line}" if number == 0 else f"  {line}" for number, line in enumerate(lines))
    elif tag != "renderMultiMedia":
        yield from _block(child)


def _table(table: Element) -> Iterator[str]:
    """Each row as "heading: cell; heading: cell", so that a row can be read alone."""
    yield from (_squeezed(["".join(one.itertext())]) for one in all_of(table, "h:caption"))
    heads = [_cell(one) for one in all_of(table, "h:thead/h:tr[1]/h:th")]
    rows = [*all_of(table, "h:tbody/h:tr"), *all_of(table, "h:tr")]
    for row in rows:
        cells = [_cell(one) for one in row if name(one) in ("td", "th")]
        if len(cells) == len(heads):
            said = [f"{head}: {cell}" if head else cell for head, cell in zip(heads, cells, strict=True) if cell]
        else:
            said = [cell for cell in cells if cell]
        yield "; ".join(said)


def _cell(cell: Element) -> str:
    return " ".join(line for line in _block(cell) if line)


def _squeezed(parts: list[str]) -> str:
    return " ".join("".join(parts).split())
