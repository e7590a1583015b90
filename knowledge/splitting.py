"""Cuts a plain text into passages of whole sentences that the embedder reads to their end."""

from cds.sentences import split_sentences
from knowledge.words import words

# About 220 tokens of medical English: all-MiniLM-L6-v2 reads 256 and leaves room for a title.
_CHARACTERS = 950

# A question of fewer words is one thought, and its sentences lean on each other.
_LONG = 25
# What is asked in a long question, searched for by itself as well; further questions cost time and decide little.
_PARTS = 4
# A sentence with fewer words that say something ("Can you help?") looks for nothing.
_SAYS = 3


def split_question(text: str) -> list[str]:
    """The sentences of a long question that ask something; none of a short one, or of one that is all one sentence."""
    if len(text.split()) < _LONG:
        return []
    said = [sentence.text.strip() for sentence in split_sentences(text)]
    # Sentences that only tell are left to the whole: one that greets or complains finds what has nothing to do with it.
    asking = [one for one in said if one.endswith("?") and len(words(one)) >= _SAYS]
    return asking[:_PARTS] if len(said) > 1 else []


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
