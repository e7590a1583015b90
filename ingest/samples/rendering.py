"""Make a guideline into Markdown, HTML or DOCX, and choose its format: the same bytes on every run."""

import html
import io
import zipfile
from collections.abc import Callable

import yaml

from ingest.samples.pdf import to_pdf, to_two_column_pdf
from ingest.samples.source import NOTICE, Guideline

_FIXED_ZIP_DATE = (2026, 1, 1, 0, 0, 0)  # a zip entry carries a date; a moving one would change the file on every run


def side_car(guideline: Guideline) -> bytes:
    """What is known of the document, for formats that cannot say it themselves."""
    return yaml.safe_dump(guideline.facts, sort_keys=False, allow_unicode=True).encode()


def to_markdown(guideline: Guideline) -> bytes:
    """Front matter, title, notice, text."""
    front = yaml.safe_dump(guideline.facts, sort_keys=False, allow_unicode=True)
    title, rest = guideline.body.split("\n", 1)
    return f"---\n{front}---\n\n{title}\n\n> {NOTICE}\n{rest}".encode()


def to_html(guideline: Guideline) -> bytes:
    """A saved web page, with the navigation and footer that such pages carry."""
    facts, escape = guideline.facts, html.escape
    head = "\n".join(
        f'<meta name="{name}" content="{escape(str(facts[key]))}">'
        for name, key in (
            ("dcterms.publisher", "publisher"),
            ("dcterms.hasVersion", "version"),
            ("dcterms.issued", "published"),
            ("dcterms.license", "licence"),
        )
    )
    about = "\n".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in guideline.about)
    body: list[str] = []
    in_list = False
    for block in guideline.blocks:
        if in_list and block.kind != "item":
            body.append("</ul>")
            in_list = False
        if block.kind == "title":
            body.append(f'<h1>{escape(block.text)}</h1>\n<p class="notice">{NOTICE}</p>\n<dl>\n{about}\n</dl>')
        elif block.kind == "heading":
            body.append(f"<h2>{escape(block.text)}</h2>")
        elif block.kind == "paragraph":
            body.append(f"<p>{escape(block.text)}</p>")
        elif block.kind == "item":
            body.extend([] if in_list else ["<ul>"])
            in_list = True
            body.append(f"<li>{escape(block.text)}</li>")
        else:
            body.append(_html_table(block.rows))
    page = f"""<!doctype html>
<html lang="{facts["language"]}">
<head>
<meta charset="utf-8">
<title>{escape(facts["title"])}</title>
{head}
</head>
<body>
<nav><a href="#top">Home</a> <a href="#top">All guidelines</a> <a href="#top">About us</a></nav>
<main>
{chr(10).join(body)}
</main>
<footer>{escape(facts["publisher"])}. {NOTICE}</footer>
</body>
</html>
"""
    return page.encode()


def _html_table(rows: tuple[tuple[str, ...], ...]) -> str:
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in rows[0])
    body = "\n".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def to_docx(guideline: Guideline) -> bytes:
    """A Word file with real headings, lists, tables and a header and footer."""
    import docx

    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author = guideline.facts["title"], guideline.facts["publisher"]
    properties.version, properties.language = guideline.facts["version"], guideline.facts["language"]
    properties.created = properties.modified = guideline.published.replace(tzinfo=None)
    document.sections[0].header.paragraphs[0].text = guideline.facts["publisher"]
    document.sections[0].footer.paragraphs[0].text = NOTICE
    for block in guideline.blocks:
        if block.kind == "title":
            document.add_heading(block.text, level=0)
            document.add_paragraph(NOTICE)
            for label, value in guideline.about:
                document.add_paragraph(f"{label}: {value}")
        elif block.kind == "heading":
            document.add_heading(block.text, level=1)
        elif block.kind == "paragraph":
            document.add_paragraph(block.text)
        elif block.kind == "item":
            document.add_paragraph(block.text, style="List Bullet")
        else:
            table = document.add_table(rows=0, cols=len(block.rows[0]), style="Table Grid")
            for row in block.rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
            document.add_paragraph()
    made = io.BytesIO()
    document.save(made)
    return _with_fixed_dates(made.getvalue())


def _with_fixed_dates(archive: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _FIXED_ZIP_DATE), old.read(name), zipfile.ZIP_DEFLATED)
    return made.getvalue()


FORMATS: dict[str, tuple[str, Callable[[Guideline], bytes]]] = {
    "type-2-diabetes": (".docx", to_docx),
    "asthma": (".docx", to_docx),
    "chronic-pain-opioids": (".docx", to_docx),
    "prostate-screening": (".docx", to_docx),
    "chronic-kidney-disease": (".html", to_html),
    "heart-failure": (".html", to_html),
    "venous-thromboembolism": (".html", to_html),
    "antenatal-care": (".html", to_html),
    "atrial-fibrillation": (".pdf", to_pdf),
    "pneumonia": (".pdf", to_two_column_pdf),
    "urinary-tract-infection": (".pdf", to_pdf),
    "prescribing-safety": (".pdf", to_pdf),
}
"""The guidelines that are not kept as Markdown."""
