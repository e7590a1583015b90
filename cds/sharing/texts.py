"""What people write into a session: trimmed, and no longer than is read."""

from cds.errors import InvalidInput

# A cell is read on a phone; a text is read in a consult.
LONGEST_LINE, LONGEST_TEXT = 600, 4000


def needed(text: str, otherwise: str) -> str:
    """The text, or the sentence that asks for it."""
    text = trimmed(text)
    if not text:
        raise InvalidInput(otherwise, code="text_missing")
    return text


def trimmed(text: str, *, longest: int = LONGEST_TEXT) -> str:
    """The text without what surrounds it."""
    text = text.replace("\r\n", "\n").strip()
    if len(text) > longest:
        raise InvalidInput(f"At most {longest} characters go here.", code="too_long")
    return text
