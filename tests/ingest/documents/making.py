"""Makes small documents in every format, so that tests hold what was read against what was written."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

Rows = Sequence[Sequence[str]]


def pdf(draw: Any, *, pages: int = 1, size: tuple[float, float] = (595, 842), **canvas_options: Any) -> bytes:
    """A PDF whose pages are drawn by `draw(canvas, page number)`."""
    from reportlab.pdfgen.canvas import Canvas

    out = BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1, **canvas_options)
    for number in range(1, pages + 1):
        draw(canvas, number)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def write(canvas: Any, x: float, y: float, lines: Sequence[str], *, size: float = 10, font: str = "Helvetica") -> float:
    """Lines of text from the top down; the height below the last."""
    canvas.setFont(font, size)
    for line in lines:
        canvas.drawString(x, y, line)
        y -= 1.25 * size
    return y


def wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width)


def flowing_pdf(story: Sequence[Any], **options: Any) -> bytes:
    """A PDF laid out by reportlab's own typesetter, tables and all."""
    from reportlab.platypus import SimpleDocTemplate

    out = BytesIO()
    SimpleDocTemplate(out, invariant=1, **options).build(list(story))
    return out.getvalue()


def docx(fill: Any) -> bytes:
    """A Word file filled by `fill(document)`."""
    import docx as word

    document = word.Document()
    fill(document)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def docx_table(document: Any, rows: Rows, *, heading: bool = True) -> Any:
    table = document.add_table(rows=len(rows), cols=len(rows[0]))
    for line, row in zip(table.rows, rows, strict=True):
        for cell, text in zip(line.cells, row, strict=True):
            cell.text = text
    return table


def html_table(rows: Rows) -> str:
    head, *body = rows
    lines = ["<table><thead><tr>", *(f"<th>{cell}</th>" for cell in head), "</tr></thead><tbody>"]
    for row in body:
        lines += ["<tr>", *(f"<td>{cell}</td>" for cell in row), "</tr>"]
    return "".join([*lines, "</tbody></table>"])
