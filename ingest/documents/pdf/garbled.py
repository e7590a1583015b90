"""Pages whose fonts do not say which letters they draw: what comes out of them are numbers of shapes, not text."""

import re

# Spaces and punctuation come out as control characters, and no other text has those.
_NO_LETTERS = re.compile("[\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Some in a page of text are a bullet or a rule of an odd font; a word in twenty is more than that.
_SHARE = 0.03
_FEW = 5


def is_garbled(text: str) -> bool:
    """Whether a page's text cannot be what a reader of the page sees."""
    strange = len(_NO_LETTERS.findall(text))
    return strange >= _FEW and strange > _SHARE * sum(1 for character in text if not character.isspace())
