"""Dose tables: each row of text names drug, dose, unit, route and population as the table does."""

from typing import Any

import pytest
from reportlab.lib import colors
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, Spacer, Table, TableStyle

from ingest.documents.reading import read_edition
from knowledge.editions import NewDocument
from tests.ingest.documents.dose_tables import FORMATS, TABLES, DoseTable
from tests.ingest.documents.making import docx, docx_table, flowing_pdf, html_table

HEAD = ["Drug", "Dose", "Unit", "Route", "Population"]
BODY = [
    ["Amoxicillin", "500", "mg", "by mouth", "Adults"],
    ["Doxycycline", "200", "mg", "by mouth", "Adults with penicillin allergy"],
    ["Gentamicin", "5", "mg/kg", "intravenous", "Children over 1 year"],
    ["Levothyroxine", "25", "micrograms", "by mouth", "Adults over 65 years"],
]
ROWS = [
    "Drug: Amoxicillin; Dose: 500; Unit: mg; Route: by mouth; Population: Adults.",
    "Drug: Doxycycline; Dose: 200; Unit: mg; Route: by mouth; Population: Adults with penicillin allergy.",
    "Drug: Gentamicin; Dose: 5; Unit: mg/kg; Route: intravenous; Population: Children over 1 year.",
    "Drug: Levothyroxine; Dose: 25; Unit: micrograms; Route: by mouth; Population: Adults over 65 years.",
]
STYLES = getSampleStyleSheet()
GRID = ("GRID", (0, 0), (-1, -1), 0.5, colors.black)
BOLD_HEAD = ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold")


def rows_in(document: NewDocument) -> list[str]:
    """The sentences that are rows of tables."""
    found = []
    for passage in document.passages:
        text = document.text[passage.start : passage.end]
        found += [text[left:right] for left, right in passage.sentences if ":" in text[left:right]]
    return found


def read_pdf(*story: Any) -> NewDocument:
    return read_edition(flowing_pdf([Paragraph("Doses", STYLES["h1"]), *story]), file="x/doses.pdf")


def para(text: str) -> Paragraph:
    return Paragraph(text, STYLES["BodyText"])


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_rows_of_a_dose_table_say_what_the_table_does(table: DoseTable, kind: str) -> None:
    rows = rows_in(read_edition(FORMATS[kind](table), file=f"x/doses.{kind}"))
    assert [row.replace(">=", "≥") for row in rows] == list(table.says)


def test_there_are_at_least_ten_dose_tables_in_each_format() -> None:
    assert len({table.name for table in TABLES}) == len(TABLES) >= 10
    assert set(FORMATS) == {"pdf", "docx", "html"}


def test_a_pdf_table_of_two_columns_without_any_rule() -> None:
    rows = [["Drug", "Dose for adults"], ["Amoxicillin", "500 mg"], ["Doxycycline", "200 mg"], ["Ramipril", "2.5 mg"]]
    document = read_pdf(Table(rows, colWidths=[150, 150], style=TableStyle([BOLD_HEAD])))
    assert rows_in(document) == [f"Drug: {drug}; Dose for adults: {dose}." for drug, dose in rows[1:]]


def test_a_ruled_pdf_table() -> None:
    assert rows_in(read_pdf(Table([HEAD, *BODY], style=TableStyle([GRID, BOLD_HEAD])))) == ROWS


def test_an_open_pdf_table_with_three_rules() -> None:
    lines = [("LINEABOVE", (0, 0), (-1, 0), 1, colors.black), ("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black)]
    style = TableStyle([*lines, ("LINEBELOW", (0, -1), (-1, -1), 1, colors.black)])
    text = para("The committee advises these doses for everybody who is treated in this house by its physicians. " * 3)
    assert rows_in(read_pdf(text, Table([HEAD, *BODY], style=style), Spacer(1, 12), text)) == ROWS


def test_a_pdf_table_without_any_rule() -> None:
    assert rows_in(read_pdf(Table([HEAD, *BODY], style=TableStyle([BOLD_HEAD])))) == ROWS


def test_a_pdf_table_whose_head_is_white_on_a_colour() -> None:
    style = [("BACKGROUND", (0, 0), (-1, 0), colors.darkblue), ("TEXTCOLOR", (0, 0), (-1, 0), colors.white), GRID]
    assert rows_in(read_pdf(Table([HEAD, *BODY], style=TableStyle(style)))) == ROWS


def test_a_pdf_table_whose_every_second_row_is_shaded() -> None:
    style = TableStyle([("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, colors.lightgrey]), BOLD_HEAD])
    assert rows_in(read_pdf(Table([HEAD, *BODY, *BODY], style=style))) == ROWS * 2


def test_a_pdf_table_whose_cells_have_several_lines() -> None:
    long = [[para(cell) for cell in row] for row in [HEAD, *BODY]]
    document = read_pdf(Table(long, colWidths=[75, 40, 70, 70, 70], style=TableStyle([GRID])))
    assert rows_in(document) == ROWS


def test_a_pdf_table_with_a_cell_merged_downwards() -> None:
    body = [["Amoxicillin", "500", "mg", "by mouth", "Adults"], ["", "250", "mg", "by mouth", "Children"]]
    style = TableStyle([GRID, BOLD_HEAD, ("SPAN", (0, 1), (0, 2))])
    assert rows_in(read_pdf(Table([HEAD, *body], style=style))) == [
        "Drug: Amoxicillin; Dose: 500; Unit: mg; Route: by mouth; Population: Adults.",
        "Drug: Amoxicillin; Dose: 250; Unit: mg; Route: by mouth; Population: Children.",
    ]


def test_a_pdf_table_with_a_heading_over_two_columns() -> None:
    head = [["Drug", "Dose", "", "Route"], ["", "Adults", "Children", ""]]
    body = [["Amoxicillin", "500 mg", "250 mg", "by mouth"]]
    spans = [("SPAN", (1, 0), (2, 0)), ("SPAN", (0, 0), (0, 1)), ("SPAN", (3, 0), (3, 1))]
    style = TableStyle([GRID, ("FONTNAME", (0, 0), (-1, 1), "Helvetica-Bold"), *spans])
    assert rows_in(read_pdf(Table([*head, *body], style=style))) == [
        "Drug: Amoxicillin; Dose, Adults: 500 mg; Dose, Children: 250 mg; Route: by mouth."
    ]


def test_a_pdf_table_with_a_line_that_names_a_group() -> None:
    style = TableStyle([GRID, BOLD_HEAD, ("SPAN", (0, 1), (-1, 1))])
    rows = rows_in(read_pdf(Table([HEAD, ["Beta-lactams", "", "", "", ""], BODY[0]], style=style)))
    assert rows == ["Beta-lactams – " + ROWS[0]]


@pytest.mark.parametrize("repeat", [1, 0], ids=["its heading is repeated", "its heading is not repeated"])
def test_a_pdf_table_that_runs_over_two_pages(repeat: int) -> None:
    body = [[f"Medicine{n}", str(n), "mg", "by mouth", "Adults"] for n in range(60)]
    document = read_pdf(Table([HEAD, *body], style=TableStyle([GRID, BOLD_HEAD]), repeatRows=repeat))
    assert rows_in(document) == [
        f"Drug: Medicine{n}; Dose: {n}; Unit: mg; Route: by mouth; Population: Adults." for n in range(60)
    ]
    assert {passage.page for passage in document.passages} == {1, 2}


def test_two_pdf_tables_of_one_width_are_two() -> None:
    style = TableStyle([GRID, BOLD_HEAD])
    other = [["Test", "Limit", "Unit", "When", "Who"], ["Potassium", "5.5", "mmol/L", "weekly", "Adults"]]
    widths = [80, 50, 60, 80, 150]
    text = para("Check the potassium of adults who take spironolactone as the second table says.")
    document = read_pdf(Table([HEAD, *BODY], widths, style=style), text, Table(other, widths, style=style))
    assert rows_in(document) == [
        *ROWS,
        "Test: Potassium; Limit: 5.5; Unit: mmol/L; When: weekly; Who: Adults.",
    ]


def test_a_caption_stays_with_its_table() -> None:
    table = Table([HEAD, *BODY], style=TableStyle([GRID, BOLD_HEAD]))
    document = read_pdf(para("Something else."), para("Table 1. Doses for pneumonia"), table, PageBreak(), para("End."))
    with_rows = [
        passage for passage in document.passages if "Drug: Amoxicillin" in document.text[passage.start : passage.end]
    ]
    assert document.text[with_rows[0].start : with_rows[0].end].startswith("Table 1. Doses for pneumonia\n")


def test_a_frame_around_text_is_no_table() -> None:
    text = "Offer rest to adults with a cold. " * 8
    document = read_pdf(Table([[para(text)]], style=TableStyle([GRID])))
    assert " ".join(text.split()) in document.text


def test_a_docx_table() -> None:
    document = read_edition(docx(lambda one: docx_table(one, [HEAD, *BODY])), file="x/doses.docx")
    assert rows_in(document) == ROWS


def test_a_docx_table_with_merged_cells() -> None:
    def fill(one: Any) -> None:
        table = docx_table(
            one, [["Drug", "Dose", "", "Route"], ["", "Adults", "Children", ""], *[["A", "1 mg", "2 mg", "oral"]] * 2]
        )
        table.cell(0, 1).merge(table.cell(0, 2))
        table.cell(0, 0).merge(table.cell(1, 0))
        table.cell(0, 3).merge(table.cell(1, 3))
        table.cell(3, 0).text = ""
        table.cell(2, 0).merge(table.cell(3, 0))

    document = read_edition(docx(fill), file="x/doses.docx")
    assert rows_in(document) == ["Drug: A; Dose, Adults: 1 mg; Dose, Children: 2 mg; Route: oral."] * 2


def test_an_html_table() -> None:
    document = read_edition(f"<h1>Doses</h1>{html_table([HEAD, *BODY])}".encode(), file="x/doses.html")
    assert rows_in(document) == ROWS


def test_an_html_table_with_merged_cells_and_two_rows_of_headings() -> None:
    page = """<h1>Doses</h1><table><caption>Table 2. Macrolides</caption>
    <tr><th rowspan="2">Drug</th><th colspan="2">Dose</th><th rowspan="2">Route</th></tr>
    <tr><th>Adults</th><th>Children</th></tr>
    <tr><td rowspan="2">Clarithromycin</td><td>500 mg</td><td>7.5 mg/kg</td><td>by mouth</td></tr>
    <tr><td colspan="2">1 g</td><td>intravenous</td></tr>
    <tr><td colspan="4">Only in hospital</td></tr>
    <tr><td>Erythromycin<br>base</td><td>500&nbsp;mg</td><td></td><td>by mouth</td></tr></table>"""
    document = read_edition(page.encode(), file="x/doses.html")
    assert document.text.split("\n")[2:] == [
        "Table 2. Macrolides",
        "Drug: Clarithromycin; Dose, Adults: 500 mg; Dose, Children: 7.5 mg/kg; Route: by mouth.",
        "Drug: Clarithromycin; Dose, Adults, Children: 1 g; Route: intravenous.",
        "Only in hospital.",
        "Only in hospital – Drug: Erythromycin base; Dose, Adults: 500 mg; Route: by mouth.",
    ]


def test_a_markdown_table_of_names_and_values_without_headings_worth_the_name() -> None:
    document = read_edition(b"# Doses\n\n| Drug | Dose |\n| --- | --- |\n| A | 1 mg |\n", file="x/doses.md")
    assert rows_in(document) == ["Drug: A; Dose: 1 mg."]


def test_a_table_that_claims_a_million_columns_is_cut_short() -> None:
    page = '<table><tr><td colspan="999999999">a</td><td rowspan="999999999">b</td></tr><tr><td>c</td></tr></table>'
    assert "a" in read_edition(page.encode(), file="x/a.html").text
