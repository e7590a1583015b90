"""Taking persons out of free text: by what is known of them, by shape, and by letting only shared words through."""

import re
from collections import defaultdict
from collections.abc import Iterable

# A word leaves the house only when the library uses it or so many different people's texts do.
SHARED_BY = 5
GAP = "[…]"

_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_SHAPES = re.compile(
    "|".join(
        (
            r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # e-mail
            r"\b(?:https?://|www\.)\S+",
            r"\b\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d\S*)?",  # dates, however written
            r"\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b",
            rf"\b\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTHS}(?:,?\s+\d{{2,4}})?\b",
            rf"\b{_MONTHS}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?\b",
            r"\+?\(?\d[\d ()/.-]{6,}\d",  # telephone and record numbers, grouped or not
            r"\b(?=\w*\d)(?=\w*[^\W\d_])\w{6,}\b",  # letters and digits mixed: numbers of cards and records
            # Above 89 an age points at few: safe harbour has one band for them all.
            r"\b(?:9\d|1[0-2]\d)(?=[\s-]*(?:y\b|yo\b|yrs?\b|years?\b|year-old))",
            r"(?<=\baged )(?:9\d|1[0-2]\d)\b",
        )
    ),
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_GAPS = re.compile(rf"{re.escape(GAP)}(?:[\s,]*{re.escape(GAP)})+")


class SharedWords:
    """The words that point at nobody: the library's, and those that texts about different people have in common."""

    def __init__(self, *, never: Iterable[str] = ()) -> None:
        # Names of staff: many texts may share them, and they still point at somebody.
        self._never = {word for name in never for word in _words(name)}
        self._library: set[str] = set()
        self._holders: dict[str, set[str]] = defaultdict(set)

    def add_library(self, text: str) -> None:
        """Words of a guideline may always leave."""
        self._library.update(_words(text))

    def add(self, text: str, *, about: str) -> None:
        """A text about one person, or asked by one."""
        for word in _words(_SHAPES.sub(" ", text)):
            holders = self._holders[word]
            if len(holders) < SHARED_BY:
                holders.add(about)

    def __contains__(self, word: str) -> bool:
        if word in self._library:
            return True
        return word not in self._never and len(self._holders.get(word, ())) >= SHARED_BY


def deidentified(text: str, *, known: Iterable[str], shared: SharedWords) -> str:
    """The text with a gap wherever a person shows: named in the record, by shape, or by a word that is theirs alone."""
    for name in sorted({name for name in known if len(name) > 1}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", GAP, text, flags=re.IGNORECASE)
    text = _SHAPES.sub(GAP, text)
    text = _TOKEN.sub(lambda found: found[0] if _may_leave(found[0], shared) else GAP, text)
    return _GAPS.sub(GAP, text)


def share_of_gaps(text: str) -> float:
    """How much of the text is gaps; one that is mostly gaps teaches nothing."""
    words = text.split()
    return sum(GAP in word for word in words) / len(words) if words else 1.0


def _may_leave(token: str, shared: SharedWords) -> bool:
    parts = [part.casefold() for part in _PART.findall(token)]
    # Doses and ages are short numbers; a longer one must be shared like a word.
    return all((part.isdecimal() and len(part) < 4) or len(part) == 1 or part in shared for part in parts)


def _words(text: str) -> set[str]:
    return {part.casefold() for part in _PART.findall(text)}
