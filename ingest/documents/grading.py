"""A recommendation's strength and certainty, where the document states them."""

import re

_STRENGTHS = {
    "strong": "strong",
    "conditional": "conditional",
    "weak": "conditional",
    "discretionary": "conditional",
    "good practice": "good practice",
}
_CERTAINTIES = {"high": "high", "moderate": "moderate", "low": "low", "very low": "very low"}
_LETTERS = {"A": "high", "B": "moderate", "C": "low", "D": "very low"}
_CLASSES = {"I": "class I", "IIA": "class IIa", "IIB": "class IIb", "III": "class III"}

_WORD = r"(strong|conditional|weak|discretionary|good practice)"
_HOW_SURE = r"(very[ -]low|low|moderate|high)"
_STATED_STRENGTH = re.compile(
    rf"\b(?:strength(?: of (?:the )?recommendation)?|recommendation strength|recommendation)\s*[:=–-]\s*{_WORD}\b"
    rf"|\b{_WORD}\s+recommendation\b(?!s)|\b(good practice)\s+(?:statement|point)\b",
    re.IGNORECASE,
)
_STATED_CERTAINTY = re.compile(
    r"\b(?:certainty|quality|level|strength|confidence)(?: of (?:the )?(?:evidence|effect))?(?: evidence)?"
    rf"\s*[:=–-]\s*{_HOW_SURE}\b"
    rf"|\b{_HOW_SURE}[ -](?:quality|certainty|confidence)(?: of)?(?: evidence)?\b",
    re.IGNORECASE,
)
_CLASS_AND_LEVEL = re.compile(
    # "Class I obesity" is no grading: a class stands by itself, or with its level.
    r"\bclass\s*(?:of recommendation)?\s*:?\s*(I{1,3}[ab]?)\b(?=\s*[.,;)\]]|\s*$|.{0,30}?\blevel\b)"
    r"(?:.{0,30}?\blevel\s*(?:of evidence)?\s*:?\s*([ABC])(?:-\w{1,3})?\b)?",
    re.IGNORECASE,
)
_GRADE_CODE = re.compile(
    r"[(\[]\s*(?:GRADE\s*:?\s*|grade\s+)?([12])\s*([ABCD])\s*[)\]]|\b(?:GRADE|Grade)\s*:?\s*([12])\s*([ABCD])\b"
)
_CATEGORY = re.compile(
    r"\brecommendation category\s*:?\s*([AB])\b(?:.{0,20}?\bevidence type\s*:?\s*([1-4])\b)?", re.IGNORECASE
)
_WORDS = re.compile(r"[^\W\d_]{2,}")
# What is left when the gradings themselves are taken out of a line that only grades; advice has other words.
_GRADING_WORDS = frozenset(
    (
        *("strength", "certainty", "evidence", "quality", "grade", "grading", "recommendation", "level", "class", "of"),
        *("the", "and", "for", "rating", "both", "basis", "is", "overall", "category", "type", "this", "low", "high"),
        *("moderate",),
    )
)


def grading_of(text: str) -> tuple[str | None, str | None]:
    """Strength and certainty as a text states them, in one vocabulary; None: not stated."""
    strength = certainty = None
    stated = _STATED_STRENGTH.search(text)
    if stated:
        strength = _STRENGTHS[next(group for group in stated.groups() if group).lower()]
    sure = _STATED_CERTAINTY.search(text)
    if sure:
        certainty = _CERTAINTIES[next(group for group in sure.groups() if group).lower().replace("-", " ")]
    if strength is None:
        strength, letter = _coded(text)
        certainty = certainty or letter
    return strength, certainty


def _coded(text: str) -> tuple[str | None, str | None]:
    code = _GRADE_CODE.search(text)
    if code:
        number, letter = code[1] or code[3], code[2] or code[4]
        return ("strong" if number == "1" else "conditional"), _LETTERS[letter]
    classed = _CLASS_AND_LEVEL.search(text)
    if classed:
        level = classed[2]
        name = classed[1].upper()
        return _CLASSES.get(name, f"class {classed[1]}"), f"level {level.upper()}" if level else None
    category = _CATEGORY.search(text)
    if category:
        kind = f"category {category[1].upper()}"
        return kind, f"evidence type {category[2]}" if category[2] else None
    return None, None


def only_grading(text: str) -> bool:
    """Whether this is nothing but the grading of what stands before it."""
    if not any(grading_of(text)):
        return False
    for pattern in (_STATED_STRENGTH, _STATED_CERTAINTY, _CLASS_AND_LEVEL, _GRADE_CODE, _CATEGORY):
        text = pattern.sub(" ", text)
    return all(word in _GRADING_WORDS for word in _WORDS.findall(text.lower()))
