"""Why a file was not taken in: a stable code, and what to do about it."""

from cds.errors import CdsError

REASONS = {
    "unreadable": "The file is damaged or not what its name says. Open it in its own program and save it again.",
    "encrypted": "The file is protected with a password. Save a copy without one.",
    "no_text": "The file has pages but no text that can be read: it looks like a scan. Turn on OCR: install the extra "
    "`evidence-cds[ocr]`, then ingest with `--ocr` or set CDS_OCR=on; what it reads is flagged.",
    "too_large": "The file is larger than can be read safely. Split it into parts.",
    "unsupported": "This kind of file is not read. Save it as PDF, DOCX, HTML, Markdown or plain text.",
    "empty": "The file has nothing in it. Check that it was copied completely.",
    "duplicate": "The same content is already in the library.",
    "timeout": "Reading the file took too long. Split it, or print it to a fresh PDF.",
    "hash_mismatch": "The stored original is not what was recorded of it. Restore it from a backup.",
}


class Refused(CdsError):
    """This file cannot be taken in."""

    def __init__(self, code: str, detail: str = "") -> None:
        reason = REASONS[code]
        super().__init__(f"{detail} {reason}" if detail else reason, code=code)
