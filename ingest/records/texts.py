"""Text out of what is attached to a record: plain text, HTML, PDF."""

import base64
import binascii
from collections import Counter
from dataclasses import dataclass

from cds.errors import CdsError

# Beyond this a single attachment is no note but a scan of an archive.
LARGEST_ATTACHMENT = 50_000_000
# In this order of trust, where a document is given in several formats.
_PREFERRED = ("text/plain", "text/markdown", "text/html", "application/xhtml+xml", "application/pdf")


class Unreadable(CdsError):
    """What is attached cannot be turned into text."""

    code = "bad_attachment"


@dataclass(frozen=True, slots=True)
class Attached:
    """Readable text, and where its pages begin."""

    text: str
    page_starts: tuple[int, ...] = ()


def content_type(declared: str | None) -> str:
    """The bare content type; plain text where nothing is said."""
    return (declared or "text/plain").split(";")[0].strip().lower()


def trust(declared: str | None) -> int | None:
    """The place of this type in the order of trust; None when it holds no text we can read."""
    kind = content_type(declared)
    kind = "text/html" if kind == "application/xhtml+xml" else kind
    return _PREFERRED.index(kind) if kind in _PREFERRED else None


def from_base64(data: str) -> bytes:
    """The bytes of an inline attachment."""
    if len(data) > LARGEST_ATTACHMENT * 4 // 3:
        raise Unreadable(f"The attachment is larger than {LARGEST_ATTACHMENT // 1_000_000} MB.")
    compact = "".join(data.split()).rstrip("=")
    try:
        return base64.b64decode(compact + "=" * (-len(compact) % 4), altchars=_altchars(compact), validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable("The attachment is not valid base64.") from None


def _altchars(data: str) -> bytes | None:
    return b"-_" if "-" in data or "_" in data else None


def as_text(content: bytes, declared: str | None) -> Attached:
    """The text of an attachment of a type that `trust` knows."""
    kind = content_type(declared)
    if kind == "application/pdf" or content.startswith(b"%PDF-"):
        return _pdf(content)
    text = decoded(content, declared)
    if kind in ("text/html", "application/xhtml+xml") or text.lstrip()[:9].lower() in ("<!doctype", "<html>"):
        return Attached(from_html(text))
    return Attached(text)


def decoded(content: bytes, declared: str | None = None) -> str:
    """Text in the declared character set, else UTF-8, else Windows Latin."""
    charset = None
    for parameter in (declared or "").split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "charset":
            charset = value.strip("\"' ")
    for encoding in (charset, "utf-8-sig", "cp1252", "latin-1"):
        try:
            if encoding:
                return content.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("utf-8", errors="replace")


def from_html(markup: str) -> str:
    """The visible text of HTML or of a FHIR narrative, headings as lines of their own."""
    from ingest.documents.html import blocks_of_html

    lines: list[str] = []
    for block in blocks_of_html(markup, Counter()):
        if block.kind == "heading":
            lines += ["", f"## {block.text}"]
        elif block.kind == "item":
            lines.append(f"- {block.text}")
        else:
            lines += ["", block.text] if block.kind == "paragraph" else [block.text]
    return "\n".join(lines).strip()


def _pdf(content: bytes) -> Attached:
    import pypdfium2

    if len(content) > LARGEST_ATTACHMENT:
        raise Unreadable(f"The attachment is larger than {LARGEST_ATTACHMENT // 1_000_000} MB.")
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError:
        raise Unreadable("The attached PDF is damaged or needs a password.") from None
    try:
        pages = []
        for page in document:
            reading = page.get_textpage()
            pages.append(reading.get_text_range().replace("\r\n", "\n"))
            reading.close()
            page.close()
    finally:
        document.close()
    starts, position = [], 0
    for text in pages:
        starts.append(position)
        position += len(text) + 1
    return Attached("\n".join(pages), tuple(starts))
