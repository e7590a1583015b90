"""Cuts a plain text into passages of whole sentences that the embedder reads to their end."""

from cds.sentences import split_sentences

# About 220 tokens of medical English: all-MiniLM-L6-v2 reads 256 and leaves room for a title.
_CHARACTERS = 950


def split_document(text: str) -> list[str]:
    """Pieces of whole sentences; a text without any is one empty piece, so that its title is still found."""
    pieces: list[str] = []
    start = end = 0
    for sentence in split_sentences(text):
        if sentence.end - start > _CHARACTERS and end > start:
            pieces.extend(_short(text[start:end]))
            start = sentence.start
        end = sentence.end
    pieces.extend(_short(text[start:]))
    return [piece for piece in pieces if piece] or [""]


def _short(text: str) -> list[str]:
    """A text of one endless sentence, as a list or a table gives it, in pieces."""
    text = text.strip()
    pieces = []
    while len(text) > 2 * _CHARACTERS:
        cut = text.rfind(" ", 0, _CHARACTERS)
        cut = cut if cut > 0 else _CHARACTERS
        pieces.append(text[:cut].strip())
        text = text[cut:].strip()
    return [*pieces, text]
