"""Make a guideline into a PDF like those societies publish: running header, foot, one column or two."""

import html
import io
from pathlib import Path
from typing import Any

from ingest.samples.source import NOTICE, Block, Guideline

_WIDE = 5  # a table with this many columns cannot be read in half a page: it gets a page across


def to_two_column_pdf(guideline: Guideline) -> bytes:
    """Two columns; a section that begins with a wide table stands on a page of its own."""
    return to_pdf(guideline, columns=2)


def to_pdf(guideline: Guideline, *, columns: int = 1) -> bytes:
    """Pages with a running header, the notice and the page number at the foot."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import BaseDocTemplate, Frame, NextPageTemplate, PageBreak, PageTemplate

    _register_fonts()
    width, height = A4
    margin, gutter = 18 * mm, 8 * mm
    text_width, text_height = width - 2 * margin, height - 2 * margin
    column = (text_width - (columns - 1) * gutter) / columns

    def furniture(canvas: Any, document: Any) -> None:
        canvas.setFont("Vera", 7)
        canvas.drawString(margin, height - 11 * mm, f"{guideline.facts['publisher']} | {guideline.facts['title']}")
        canvas.drawString(margin, 10 * mm, NOTICE)
        canvas.drawRightString(width - margin, 10 * mm, f"Page {document.page}")

    def frame(left: float, wide: float) -> Any:
        return Frame(left, margin, wide, text_height, 0, 0, 0, 0)

    story: list[Any] = []
    across = columns == 1
    for block, following in zip(guideline.blocks, (*guideline.blocks[1:], None), strict=True):
        if not across and block.kind == "heading" and following and _is_wide(following):
            story += [NextPageTemplate("across"), PageBreak()]
            across = True
        story += _flowables(guideline, block, width=text_width if across else column)

    made = io.BytesIO()
    # invariant: no creation time and no random id, so that the same source gives the same bytes
    document = BaseDocTemplate(
        made,
        pagesize=A4,
        invariant=1,
        title=guideline.facts["title"],
        author=guideline.facts["publisher"],
        subject=f"Edition {guideline.facts['version']}, published {guideline.facts['published']}",
    )
    frames = [frame(margin + number * (column + gutter), column) for number in range(columns)]
    document.addPageTemplates(
        [
            PageTemplate("pages", frames, onPage=furniture),
            PageTemplate("across", [frame(margin, text_width)], onPage=furniture),
        ]
    )
    document.build(story)
    return made.getvalue()


def _register_fonts() -> None:
    import reportlab
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    fonts = Path(reportlab.__file__).parent / "fonts"  # Bitstream Vera comes with reportlab: no font of ours to keep
    for name, file in (("Vera", "Vera.ttf"), ("Vera-Bold", "VeraBd.ttf")):
        pdfmetrics.registerFont(TTFont(name, fonts / file))


def _is_wide(block: Block) -> bool:
    return block.kind == "table" and len(block.rows[0]) >= _WIDE


def _flowables(guideline: Guideline, block: Block, *, width: float) -> list[Any]:
    from reportlab.platypus import Paragraph

    text = html.escape(block.text)
    if block.kind == "title":
        about = [Paragraph(html.escape(f"{label}: {value}"), _style(7)) for label, value in guideline.about]
        return [Paragraph(text, _style(15, bold=True)), Paragraph(NOTICE, _style(9, bold=True)), *about]
    if block.kind == "heading":
        return [Paragraph(text, _style(11, bold=True, before=8))]
    if block.kind == "item":
        return [Paragraph(text, _style(9), bulletText="•")]
    if block.kind == "table":
        return _table(block.rows, width=width)
    return [Paragraph(text, _style(9))]


def _style(size: float, *, bold: bool = False, before: float = 0) -> Any:
    from reportlab.lib.styles import ParagraphStyle

    return ParagraphStyle(
        f"{size}-{bold}",
        fontName="Vera-Bold" if bold else "Vera",
        fontSize=size,
        leading=size * 1.35,
        spaceBefore=before,
        spaceAfter=4,
        keepWithNext=before > 0,  # only headings have space before them
    )


def _table(rows: tuple[tuple[str, ...], ...], *, width: float) -> list[Any]:
    from reportlab.lib import colors
    from reportlab.pdfbase.pdfmetrics import stringWidth
    from reportlab.platypus import Paragraph, Spacer, Table, TableStyle

    cells = [
        [Paragraph(html.escape(value), _style(7, bold=number == 0)) for value in row] for number, row in enumerate(rows)
    ]
    columns = list(zip(*rows, strict=True))
    # no word may break: its width in the bold of the head, and the cell's padding of 6 points on each side
    least = [
        max(stringWidth(word, "Vera-Bold", 7) for cell in column for word in cell.split()) + 13 for column in columns
    ]
    spare = width - sum(least)
    text = [max(len(cell) for cell in column) ** 0.5 for column in columns]
    widths = [narrowest + spare * share / sum(text) for narrowest, share in zip(least, text, strict=True)]
    table = Table(cells, colWidths=widths, repeatRows=1)
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return [Spacer(1, 4), table, Spacer(1, 6)]
