"""Every guideline of the samples in every format: the same words, so that each reader is held to the same."""

import re
from functools import cache

from ingest.documents.reading import read_edition
from ingest.samples.make import GUIDELINE_SOURCES
from ingest.samples.pdf import to_pdf, to_two_column_pdf
from ingest.samples.rendering import to_docx, to_html, to_markdown
from ingest.samples.source import Guideline, read_guideline
from knowledge.editions import NewDocument


def to_text(guideline: Guideline) -> bytes:
    """The Markdown as people write plain text: headings underlined, tables and marks left out."""
    _, _, body = to_markdown(guideline).decode().partition("\n---\n")
    lines = []
    for line in body.split("\n"):
        heading = re.match(r"(#+) (.*)", line)
        if heading:
            lines += [heading[2], ("=" if len(heading[1]) == 1 else "-") * len(heading[2])]
        elif not line.startswith("|"):
            lines.append(line.replace("**", ""))
    return "\n".join(lines).encode()


RENDERED = {
    "pdf": to_pdf,
    "two columns.pdf": to_two_column_pdf,
    "docx": to_docx,
    "html": to_html,
    "md": to_markdown,
    "txt": to_text,
}

# One has a table too wide for a column.
MADE = [
    (path.stem, ending)
    for path in sorted(GUIDELINE_SOURCES.glob("*.md"))
    for ending in RENDERED
    if (path.stem, ending) != ("atrial-fibrillation", "two columns.pdf")
]


@cache
def rendered(stem: str, ending: str) -> bytes:
    """One guideline in one format."""
    return RENDERED[ending](read_guideline(GUIDELINE_SOURCES / f"{stem}.md"))


@cache
def read_back(stem: str, ending: str) -> NewDocument:
    """What the reader of that format makes of it."""
    return read_edition(rendered(stem, ending), file=f"x/{stem}.{ending}")
