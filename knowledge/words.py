"""Text as the words a search compares: clinical tokens kept whole, everyday ones stemmed."""

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

# Words that say nothing about what is asked. Negation ("no", "not", "without") stays: it is clinical content.
_STOPWORDS = """
    a about above after again all also am an and any are as at be because been before being below between both but by
    can could did do does doing down during each few for from further had has have having he her here hers herself him
    himself his how i if in into is it its itself just let may me might more most must my myself of off on once only or
    other ought our ours ourselves out over own same she should so some such than that the their theirs them themselves
    then there these they this those through to too under until up upon us very was we were what when where which while
    who whom why will with would you your yours yourself yourselves
"""
STOPWORDS = frozenset(_STOPWORDS.split())
# "HbA1c", "5-FU", "2.5", "COVID-19", "10^9/L": letters and digits, joined inside by the marks clinicians write.
_TOKEN = re.compile(r"[a-zà-öø-ÿα-ω0-9]+(?:[-–./'’^+][a-zà-öø-ÿα-ω0-9]+)*")
_SPLIT = re.compile(r"[-–./'’^+]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
# "SGLT2i", "PCSK9i", "DOACs": the class behind the inhibitor or the plural.
_INHIBITOR = re.compile(r"([a-z]+\d+[a-z]?)(?:is?|s)")
_LIGATURES = str.maketrans({"µ": "u", "μ": "u", "æ": "ae", "œ": "oe"})  # British and American spelling meet below

_stemmer = snowballstemmer.stemmer("english")


def words(text: str) -> list[str]:
    """The index words of a text in order; a compound gives its parts and, when it is a name, itself."""
    found: list[str] = []
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text).lower().translate(_LIGATURES)):
        found.extend(_of_token(token))
    return found


@lru_cache(maxsize=200_000)
def _of_token(token: str) -> tuple[str, ...]:
    if _NUMBER.fullmatch(token):
        return (token,)
    parts = [part for part in _SPLIT.split(token) if part]
    if len(parts) == 1:
        return _of_word(token)
    found = [word for part in parts if len(part) > 1 or part.isdigit() for word in _of_word(part)]
    if len(token) <= 12 and (any(c.isdigit() for c in token) or min(len(part) for part in parts) <= 2):
        found.append("".join(parts))  # "5-FU" is also written 5FU, "COVID-19" also COVID19
    return tuple(found)


def _of_word(word: str) -> tuple[str, ...]:
    if word in STOPWORDS:
        return ()
    if any(c.isdigit() for c in word):
        known = _INHIBITOR.fullmatch(word)
        return (word, known.group(1)) if known else (word,)
    return (_stem(word),)


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    return str(_stemmer.stemWord(_american(word)))


# British spellings on the left, American on the right; applied to documents and questions alike.
_SPELLINGS = (
    ("aemi", "emi"), ("haem", "hem"), ("paed", "ped"), ("rrhoe", "rrhe"), ("oedem", "edem"), ("oesoph", "esoph"),
    ("oestr", "estr"), ("foet", "fet"), ("gynaec", "gynec"), ("anaesth", "anesth"), ("caesar", "cesar"),
    ("mour", "mor"), ("isation", "ization"), ("ising", "izing"), ("ised", "ized"), ("yse", "yze"),
)  # fmt: skip


def _american(word: str) -> str:
    for british, american in _SPELLINGS:
        word = word.replace(british, american)
    return word


def rough_words(text: str) -> list[str]:
    """Beginnings of the content words of a text, as any database can look for them within other texts."""
    tokens = _TOKEN.findall(unicodedata.normalize("NFKC", text).lower())
    # The first six letters stand for every ending; shorter words stand for themselves.
    return list(dict.fromkeys(token[:6] for token in tokens if token not in STOPWORDS and len(token) > 1))
