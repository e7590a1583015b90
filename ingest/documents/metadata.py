"""What a document says it is: front matter, a side-car, properties or the first page, in that order."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from ingest.documents.blocks import Block, ReadDocument
from ingest.documents.characters import one_line
from ingest.documents.dates import date_in
from knowledge.editions import Metadata, slug

_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "slug", "identifier"),
    "title": ("title", "name"),
    "publisher": ("publisher", "organisation", "organization", "issuer", "society", "published_by", "issued_by"),
    "version": ("version", "edition", "revision"),
    "published": ("published", "publication_date", "published_on", "date", "issued", "date_published", "effective"),
    "review_due": ("review_due", "next_review", "next_review_date", "review_date", "review", "review_by", "expires"),
    "population": ("population", "applies_to", "patients", "target_population", "scope"),
    "jurisdiction": ("jurisdiction", "country", "region", "territory"),
    "language": ("language", "lang"),
    "licence": ("licence", "license", "rights", "copyright"),
}
# What a format's own properties call these; creation dates are the file's, not the guideline's.
_PROPERTIES: dict[str, tuple[str, ...]] = {
    "title": ("citation_title", "dc.title", "dcterms.title", "og:title", "title"),
    "publisher": ("citation_publisher", "dc.publisher", "dcterms.publisher", "publisher", "og:site_name"),
    "version": ("version", "dcterms.hasversion"),
    "published": (
        *("citation_publication_date", "citation_date", "dc.date", "dcterms.issued", "dc.date.issued"),
        *("article:published_time", "published", "date"),
    ),
    "review_due": ("review_due", "review-date", "next-review", "dcterms.valid"),
    "population": ("population", "dcterms.audience"),
    "jurisdiction": ("jurisdiction", "dcterms.spatial"),
    "language": ("citation_language", "dc.language", "dcterms.language", "language"),
    "licence": ("dc.rights", "dcterms.license", "dcterms.rights", "licence", "license"),
}
_LABELS: dict[str, str] = {
    "publisher": r"publisher|published by|issued by|issuing body|organi[sz]ation",
    "version": r"version|edition|revision",
    "published": r"published(?: on)?|publication date|date of publication|date published|issue date|issued|"
    r"effective(?: from| date)?|date",
    "review_due": r"next review(?: date)?|next review due|review(?: due)?(?: date| by)?|review date|valid until|"
    r"due for review",
    "population": r"population|applies to|target population|patients covered|scope",
    "jurisdiction": r"jurisdiction|country|region",
    "language": r"language",
    "licence": r"licen[cs]e",
}
_ANY_LABEL = "|".join(_LABELS.values())
# "Published: 3 March 2025": a line that only says what the document is.
LABELLED = re.compile(rf"^(?:{_ANY_LABEL})\s*:\s*\S", re.IGNORECASE)
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)\s*(?:©\s*)?((?:19|20)\d\d)?[,\s]*([A-Z][^.©|]{2,80})", re.IGNORECASE)
# A title as word processors and scanners leave it says nothing.
_NO_TITLE = re.compile(
    r"^(?:untitled.*|document\d*|microsoft word.*|.*\.(?:docx?|pdf|indd|qxd|tex|dvi|ps|p65|html?|xml|rtf|odt|txt)|"
    r"slide \d+|powerpoint.*|\W*|\d+|unnamed|no title|title|page \d+|.{1,2}|\(?null\)?|home)$",
    re.IGNORECASE,
)
# The first page is where a document introduces itself.
_FIRST_BLOCKS = 30
_LONGEST = 300


def metadata_of(document: ReadDocument, *, side_car: Mapping[str, object], file: str) -> Metadata:
    """Everything that is stated, each with where it was found."""
    found: dict[str, Any] = {}
    provenance: dict[str, str] = {}
    first_page = _first_blocks(document)
    sources: list[tuple[str, Callable[[str], Iterable[object]]]] = [
        ("front matter", lambda name: _named(document.front_matter, _NAMES.get(name, ()))),
        ("side-car", lambda name: _named(side_car, _NAMES.get(name, ()))),
        ("properties", lambda name: _named(document.properties, _PROPERTIES.get(name, ()))),
        ("first page", lambda name: _on_first_page(name, first_page)),
    ]
    for name in _NAMES:
        for source, look in sources:
            value = next((read for read in map(_READ[name], look(name)) if read is not None), None)
            if value is not None:
                found[name], provenance[name] = value, source
                break
    if "title" not in found:
        found["title"], provenance["title"] = _from_file(file), "file name"
    return Metadata(**found, provenance=provenance)


def _named(values: Mapping[str, Any], names: Sequence[str]) -> Iterable[object]:
    plain = {str(key).strip().lower().replace("-", "_").replace(" ", "_"): value for key, value in values.items()}
    for name in names:
        value = plain.get(name.replace("-", "_"))
        if value is not None and value != "":
            yield value


def _words(value: object) -> str | None:
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(part) for part in value)
    text = one_line(str(value)) if isinstance(value, (str, int, float, date)) else ""
    return text[:_LONGEST] if text and text.lower() not in ("not stated", "unknown", "none", "n/a", "-") else None


def _title(value: object) -> str | None:
    text = _words(value)
    return None if text is None or _NO_TITLE.match(text) else text


def _identifier(value: object) -> str | None:
    text = _words(value)
    return slug(text)[:80] if text else None


def _language(value: object) -> str | None:
    text = _words(value)
    if text is None:
        return None
    known = {"english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "spanish": "es"}
    return known.get(
        text.lower(), text.lower().replace("_", "-") if re.fullmatch(r"[A-Za-z]{2,3}([-_]\w+)*", text) else text
    )


_READ: dict[str, Callable[[object], Any]] = {
    **dict.fromkeys(_NAMES, _words),
    "id": _identifier,
    "title": _title,
    "published": date_in,
    "review_due": date_in,
    "language": _language,
}


def _first_blocks(document: ReadDocument) -> list[Block]:
    return [block for block in document.blocks[:_FIRST_BLOCKS] if block.page in (None, 1)]


def _on_first_page(name: str, blocks: Sequence[Block]) -> Iterable[object]:
    if name == "title":
        headings = [block for block in blocks if block.kind == "heading"]
        yield from (block.text for block in headings if block.level == min(other.level for other in headings))
        return
    if name not in _LABELS:
        return
    # "Published: 3 March 2025 | Next review: March 2028": a value ends where the next label begins.
    label = re.compile(
        rf"(?:^|[|;•·,.(]\s*|\s{{2,}}|\s)(?:{_LABELS[name]})\s*:\s*(.+?)(?=\s*(?:[|;•·]|[.,]?\s(?:{_ANY_LABEL})\s*:|\.\s|\.?$))",
        re.IGNORECASE,
    )
    for block in blocks:
        if block.kind != "row" and len(block.text) > 600:
            continue
        for match in label.finditer(block.text):
            yield match[1]
    if name in ("publisher", "published"):
        for block in blocks:
            mark = _COPYRIGHT.search(block.text)
            if mark and name == "publisher":
                yield mark[2].strip()


def _from_file(file: str) -> str:
    stem = file.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return one_line(stem.replace("_", " ").replace("-", " ")).strip() or "document"
