"""Dose tables, each written once and made in every format that has tables, with what their rows must say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.lib import colors
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, Table, TableStyle

from tests.ingest.documents.making import docx, flowing_pdf


@dataclass(frozen=True)
class Cell:
    """A cell that covers several places of the grid; a line break in its text is one on the page."""

    text: str
    across: int = 1
    down: int = 1


@dataclass(frozen=True)
class DoseTable:
    """A table: its rows (None where a cell from the left or from above reaches), and what they say."""

    name: str
    heads: int
    rows: Sequence[Sequence[Cell | str | None]]
    says: Sequence[str]

    @property
    def cells(self) -> list[tuple[int, int, Cell]]:
        """Every cell with its row and column."""
        return [
            (row, column, cell if isinstance(cell, Cell) else Cell(cell))
            for row, line in enumerate(self.rows)
            for column, cell in enumerate(line)
            if cell is not None
        ]


HEAD = ("Drug", "Dose", "Unit", "Route", "Population")
TABLES = (
    DoseTable(
        "plain",
        1,
        [HEAD, ("Amoxicillin", "500", "mg", "by mouth", "Adults"), ("Gentamicin", "5", "mg/kg", "IV", "Children")],
        [
            "Drug: Amoxicillin; Dose: 500; Unit: mg; Route: by mouth; Population: Adults.",
            "Drug: Gentamicin; Dose: 5; Unit: mg/kg; Route: IV; Population: Children.",
        ],
    ),
    DoseTable(
        "a drug merged downwards",
        1,
        [
            HEAD,
            (Cell("Amoxicillin", down=3), "500", "mg", "by mouth", "Adults"),
            (None, "250", "mg", "by mouth", "Children 5 to 11 years"),
            (None, "125", "mg", "by mouth", "Children under 5 years"),
        ],
        [
            "Drug: Amoxicillin; Dose: 500; Unit: mg; Route: by mouth; Population: Adults.",
            "Drug: Amoxicillin; Dose: 250; Unit: mg; Route: by mouth; Population: Children 5 to 11 years.",
            "Drug: Amoxicillin; Dose: 125; Unit: mg; Route: by mouth; Population: Children under 5 years.",
        ],
    ),
    DoseTable(
        "a heading over two columns",
        2,
        [
            (Cell("Drug", down=2), Cell("Dose (mg)", across=2), None, Cell("Route", down=2)),
            (None, "Adults", "Children", None),
            ("Doxycycline", "200", "100", "by mouth"),
            ("Cefuroxime", "750", "250", "IV"),
        ],
        [
            "Drug: Doxycycline; Dose (mg), Adults: 200; Dose (mg), Children: 100; Route: by mouth.",
            "Drug: Cefuroxime; Dose (mg), Adults: 750; Dose (mg), Children: 250; Route: IV.",
        ],
    ),
    DoseTable(
        "lines that name groups",
        1,
        [
            HEAD,
            (Cell("Mild pneumonia", across=5), None, None, None, None),
            ("Amoxicillin", "500", "mg", "by mouth", "Adults"),
            (Cell("Severe pneumonia", across=5), None, None, None, None),
            ("Benzylpenicillin", "1.2", "g", "IV", "Adults"),
        ],
        [
            "Mild pneumonia – Drug: Amoxicillin; Dose: 500; Unit: mg; Route: by mouth; Population: Adults.",
            "Severe pneumonia – Drug: Benzylpenicillin; Dose: 1.2; Unit: g; Route: IV; Population: Adults.",
        ],
    ),
    DoseTable(
        "cells of several lines",
        1,
        [
            HEAD,
            ("Levothyroxine\nsodium", "25 to\n50", "micrograms", "by mouth,\nfasting", "Adults over\n65 years"),
            ("Vancomycin", "15 to\n20", "mg/kg", "IV over\n2 hours", "Adults"),
        ],
        [
            "Drug: Levothyroxine sodium; Dose: 25 to 50; Unit: micrograms; Route: by mouth, fasting; "
            "Population: Adults over 65 years.",
            "Drug: Vancomycin; Dose: 15 to 20; Unit: mg/kg; Route: IV over 2 hours; Population: Adults.",
        ],
    ),
    DoseTable(
        "its heading repeated as on page 2",
        1,
        [
            HEAD,
            ("Metformin", "500", "mg", "by mouth", "Adults"),
            HEAD,
            ("Gliclazide", "40", "mg", "by mouth", "Adults"),
        ],
        [
            "Drug: Metformin; Dose: 500; Unit: mg; Route: by mouth; Population: Adults.",
            "Drug: Gliclazide; Dose: 40; Unit: mg; Route: by mouth; Population: Adults.",
        ],
    ),
    DoseTable(
        "cells left empty",
        1,
        [
            HEAD,
            ("Warfarin", "", "", "by mouth", "by INR"),
            ("Heparin", "5000", "units", "", "Adults"),
        ],
        [
            "Drug: Warfarin; Route: by mouth; Population: by INR.",
            "Drug: Heparin; Dose: 5000; Unit: units; Population: Adults.",
        ],
    ),
    DoseTable(
        "one dose for two populations",
        2,
        [
            (Cell("Drug", down=2), Cell("Dose", across=2), None, Cell("Route", down=2)),
            (None, "Adults", "Children", None),
            ("Aciclovir", Cell("10 mg/kg", across=2), None, "IV"),
            ("Aspirin", "300 mg", "do not give", "by mouth"),
        ],
        [
            "Drug: Aciclovir; Dose, Adults, Children: 10 mg/kg; Route: IV.",
            "Drug: Aspirin; Dose, Adults: 300 mg; Dose, Children: do not give; Route: by mouth.",
        ],
    ),
    DoseTable(
        "a unit and a route merged downwards",
        1,
        [
            HEAD,
            ("Ramipril", "2.5", Cell("mg", down=2), Cell("by mouth", down=2), "Adults"),
            ("Lisinopril", "5", None, None, "Adults over 65 years"),
        ],
        [
            "Drug: Ramipril; Dose: 2.5; Unit: mg; Route: by mouth; Population: Adults.",
            "Drug: Lisinopril; Dose: 5; Unit: mg; Route: by mouth; Population: Adults over 65 years.",
        ],
    ),
    DoseTable(
        "doses by kidney function",
        2,
        [
            (Cell("Drug", down=2), Cell("eGFR (mL/min)", across=3), None, None, Cell("Route", down=2)),
            (None, "over 50", "30 to 50", "under 30", None),
            ("Enoxaparin", "1 mg/kg", "1 mg/kg", "0.5 mg/kg", "SC"),
            ("Metformin", "1 g", "500 mg", "do not give", "by mouth"),
        ],
        [
            "Drug: Enoxaparin; eGFR (mL/min), over 50: 1 mg/kg; eGFR (mL/min), 30 to 50: 1 mg/kg; "
            "eGFR (mL/min), under 30: 0.5 mg/kg; Route: SC.",
            "Drug: Metformin; eGFR (mL/min), over 50: 1 g; eGFR (mL/min), 30 to 50: 500 mg; "
            "eGFR (mL/min), under 30: do not give; Route: by mouth.",
        ],
    ),
    DoseTable(
        "a drug merged downwards within groups",
        1,
        [
            HEAD,
            (Cell("First choice", across=5), None, None, None, None),
            (Cell("Cefalexin", down=2), "500", "mg", "by mouth", "Adults"),
            (None, "12.5", "mg/kg", "by mouth", "Children"),
            (Cell("Second choice", across=5), None, None, None, None),
            ("Clindamycin", "300", "mg", "by mouth", "Adults"),
        ],
        [
            "First choice – Drug: Cefalexin; Dose: 500; Unit: mg; Route: by mouth; Population: Adults.",
            "First choice – Drug: Cefalexin; Dose: 12.5; Unit: mg/kg; Route: by mouth; Population: Children.",
            "Second choice – Drug: Clindamycin; Dose: 300; Unit: mg; Route: by mouth; Population: Adults.",
        ],
    ),
    DoseTable(
        "figures with signs and ranges",
        1,
        [
            HEAD,
            ("Salbutamol", "2.5–5", "mg", "nebulised", "Adults ≥ 18 years"),
            ("Digoxin", "62.5", "micrograms", "by mouth", "Adults, eGFR < 30"),
        ],
        [
            "Drug: Salbutamol; Dose: 2.5–5; Unit: mg; Route: nebulised; Population: Adults ≥ 18 years.",
            "Drug: Digoxin; Dose: 62.5; Unit: micrograms; Route: by mouth; Population: Adults, eGFR < 30.",
        ],
    ),
)


def as_pdf(table: DoseTable) -> bytes:
    """Drawn by a typesetter, every cell ruled."""
    style: list[Any] = [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.black),
        ("FONTNAME", (0, 0), (-1, table.heads - 1), "Helvetica-Bold"),
    ]
    grid = [["" for _ in table.rows[0]] for _ in table.rows]
    for row, column, cell in table.cells:
        # The standard faces have no such sign.
        grid[row][column] = cell.text.replace("≥", ">=")
        if cell.across > 1 or cell.down > 1:
            style.append(("SPAN", (column, row), (column + cell.across - 1, row + cell.down - 1)))
    return flowing_pdf([Paragraph("Doses", getSampleStyleSheet()["h1"]), Table(grid, style=TableStyle(style))])


def as_docx(table: DoseTable) -> bytes:
    """As a word processor keeps it."""

    def fill(document: Any) -> None:
        document.add_heading("Doses", 1)
        made = document.add_table(rows=len(table.rows), cols=len(table.rows[0]))
        for row, column, cell in table.cells:
            place = made.cell(row, column)
            if cell.across > 1 or cell.down > 1:
                place = place.merge(made.cell(row + cell.down - 1, column + cell.across - 1))
            place.text = cell.text

    return docx(fill)


def as_html(table: DoseTable) -> bytes:
    """As a web page has it."""
    rows = []
    for number in range(len(table.rows)):
        tag = "th" if number < table.heads else "td"
        cells = [
            f'<{tag} colspan="{cell.across}" rowspan="{cell.down}">{_escaped(cell.text)}</{tag}>'
            for row, _, cell in table.cells
            if row == number
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<h1>Doses</h1><table>{''.join(rows)}</table>".encode()


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("\n", "<br>")


FORMATS = {"pdf": as_pdf, "docx": as_docx, "html": as_html}
