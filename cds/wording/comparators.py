"""The words around a quantity that make it a bound: at least, no more than, 65 and over, maximum."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

from typing import Literal

from cds.wording.text import Token

Comparator = Literal["=", "<", "<=", ">", ">=", "range"]


def _phrases(comparator: Comparator, text: str) -> dict[tuple[str, ...], Comparator]:
    return {tuple(phrase.split()): comparator for phrase in text.split("; ")}


_BEFORE: dict[tuple[str, ...], Comparator] = {
    **_phrases(
        ">=",
        "at least; no less than; not less than; no fewer than; not fewer than; no lower than; not lower than; minimum of; minimum; "
        "greater than or equal to; more than or equal to; equal to or greater than; equal to or more than; equal to or above; "
        "at or above; ≥; >=; =>; > or =; >/=; above or equal to; not below; not under; no younger than; reaches; reach; "
        "not shorter than; no shorter than; a minimum of; higher than or equal to; not less often than; no earlier than; no sooner than; not sooner than; not earlier than",
    ),
    **_phrases(
        ">",
        "more than; greater than; over; above; exceeding; exceeds; exceed; exceeded; higher than; older than; longer than; "
        "beyond; in excess of; >; larger than; upwards of; heavier than; faster than; aged over; aged above; later than",
    ),
    **_phrases(
        "<=",
        "at most; at the most; no more than; not more than; no greater than; not greater than; up to; maximum of; maximum; max; a maximum of; "
        "not exceed; not exceeding; not exceeds; without exceeding; not to exceed; no longer than; not longer than; no later than; "
        "not later than; not over; not above; less than or equal to; lower than or equal to; equal to or less than; ≤; <=; =<; "
        "at or below; within; limited to; no higher than; not higher than; no older than; never exceed; cannot exceed; "
        "never more than; </=; below or equal to; up to a maximum of; never above; never over; not go above; not go over; "
        "not be more than; not rise above; fewer than or equal to; a maximum dose of",
    ),
    **_phrases("<", "before the age of; before age; less than; fewer than; lower than; below; under; younger than; shorter than; smaller than; <; aged under; aged below; earlier than; lighter than; slower than"),
}  # fmt: skip
_AFTER: dict[tuple[str, ...], Comparator] = {
    **_phrases(
        ">=",
        "or more; or greater; or higher; or above; or over; or older; or longer; or larger; and above; and over; and older; and more; "
        "and up; or later; onwards; onward; +; and higher; or heavier; and upwards; or upwards; at least; at a minimum; at minimum; "
        "minimum; or beyond; and beyond; and greater; and longer",
    ),
    **_phrases(
        "<=",
        "or less; or fewer; or lower; or below; or under; or younger; or shorter; or smaller; and under; and below; and younger; "
        "or earlier; at most; maximum; max; at the most; or sooner; and lower; and less; at maximum",
    ),
}
_LONGEST = max(len(p) for p in (*_BEFORE, *_AFTER))
_FILLERS = frozenset(
    {
        "of",
        "about",
        "approximately",
        "around",
        "a",
        "an",
        "the",
        "age",
        "aged",
        "ages",
        "is",
        "are",
        "was",
        "to",
        "total",
        "roughly",
        "for",
        "just",
        "well",
        "dose",
        "by",
    }
)
_NOT = frozenset({"not", "never", "cannot", "no"})
_BARE_BE = frozenset(
    {
        "be",
        "go",
        "rise",
        "fall",
        "drop",
        "get",
        "is",
        "to",
        "are",
        "used",
        "given",
        "taken",
        "use",
        "give",
        "take",
        "continue",
        "last",
    }
)
_CLOSED = frozenset(
    {
        "or",
        "and",
        "to",
        "in",
        "of",
        "the",
        "a",
        "is",
        "for",
        "with",
        "than",
        "at",
        "after",
        "before",
        "when",
        "if",
        "from",
    }
    | {"on", "by", "within", "over", "under", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}
)
_CLAUSE = 7  # words
_FLIP: dict[Comparator, Comparator] = {">": "<=", "<": ">=", ">=": "<", "<=": ">"}

# Words that make a bare number a bound without saying which side.
_SOFT = {
    "limit": frozenset({"maximum", "max", "limit", "ceiling", "maximal", "exceed", "cap"}),
    "floor": frozenset({"minimum", "minimal"}),
    "threshold": frozenset({"threshold", "thresholds", "cutoff", "cut", "trigger", "cutpoint"}),
    "target": frozenset({"target", "targets", "goal", "aim"}),
}
_UNTIL = frozenset({"until", "in", "during", "to"})  # "until 6 hours before", "increased to 2 g": up to that
_REACH = 7  # words back that such a word may stand: "the maximum recommended daily dose of X is 4 g"


def comparator_of(found: tuple[Token, ...], first: int, last: int) -> tuple[Comparator, int, int]:
    """The comparator of the quantity at these tokens, with the tokens it and its comparator span."""
    words = [token.text for token in found]
    after = _match_after(words, last + 1)
    if after:
        return after[0], first, after[1]
    at = first
    for _ in range(3):  # "at least about a", "over the age of"
        before = _match_before(words, at)
        if before:
            comparator, start = before
            return _negated(words, comparator, start, first, last)
        if at and words[at - 1] in _FILLERS:
            at -= 1
        else:
            break
    before = _match_before(words, at)
    if before:
        return _negated(words, before[0], before[1], first, last)
    for back in range(2, 5):  # "below a haemoglobin of 70", "above the threshold of 7"
        noun = first - back
        if noun >= 1 and words[first - 1] == "of" and words[noun] in ("a", "an", "the"):
            before = _match_before(words, noun)
            if before and words[noun - 1] not in ("to", "from", "for"):
                return _negated(words, before[0], before[1], first, last)
    aged = words[last + 1 : last + 3] in (["of", "age"], ["and", "older"])
    upwards = words[last] == "years" and words[last + 1 : last + 2] in ([], ["."], [","])  # "below 150 from 80 years"
    if first and words[first - 1] == "from" and (aged or upwards):
        return ">=", first - 1, last
    return "=", first, last


def _negated(
    words: list[str], comparator: Comparator, start: int, first: int, last: int
) -> tuple[Comparator, int, int]:
    position = start - 1
    while position >= 0 and words[position] in _BARE_BE:
        position -= 1
    if comparator in (">", "<") and words[start - 1 : start] == ["by"] and _denied_before(words, start):
        return _FLIP[comparator], start, last  # "do not raise it by more than 10"
    if comparator in (">", "<") and position >= 0 and words[position] in _NOT and start - position <= 4:
        return _FLIP[comparator], position, last
    return comparator, start, last


def bounding(found: tuple[Token, ...]) -> frozenset[int]:
    """The "not" of "do not raise it by more than 10": it bounds the amount and denies nothing."""
    words = [token.text for token in found]
    places = set()
    for i in range(1, len(words) - 1):
        if (
            words[i - 1] == "by"
            and words[i : i + 2] in (["more", "than"], ["less", "than"])
            and _denied_before(words, i)
        ):
            places.add(next(k for k in range(i - 1, -1, -1) if words[k] in _NOT))
    return frozenset(places)


def _denied_before(words: list[str], start: int) -> bool:
    """Whether a "not" a few words before, in the same clause, denies the verb that this amount belongs to."""
    for word in reversed(words[max(0, start - _CLAUSE) : start]):
        if word in _NOT:
            return True
        if word in (",", ";", "and", "or", "if", "when", "who", "that", "but"):
            return False
    return False


def _match_before(words: list[str], end: int) -> tuple[Comparator, int] | None:
    for size in range(min(_LONGEST, end), 0, -1):
        phrase = tuple(words[end - size : end])
        if phrase in _BEFORE:
            return _BEFORE[phrase], end - size
    return None


def _match_after(words: list[str], start: int) -> tuple[Comparator, int] | None:
    while start < len(words) and words[start] in ("of", "age", "old", "years", "year"):
        start += 1
    if words[start : start + 1] == [")"]:  # 48 mmol/mol (6.5%) or above
        start += 1
    elif words[start : start + 1] == ["("] and ")" in words[start : start + 6]:
        start = words.index(")", start) + 1
    if words[start : start + 3] == ["and", "up", "to"]:
        return None
    for skip in (1, 2):  # "a score of 2 points or more"
        phrase = tuple(words[start + skip : start + skip + 2])
        if (
            phrase in _AFTER
            and phrase[0] == "or"
            and all(w.isalpha() and w not in _CLOSED for w in words[start : start + skip])
        ):
            return _AFTER[phrase], start + skip + 1
    for size in range(min(_LONGEST, len(words) - start), 0, -1):
        phrase = tuple(words[start : start + size])
        following = words[start + size] if start + size < len(words) else ""
        if phrase in _AFTER and not (
            phrase[0] == "and" and (following[:1].isdigit() or following in ("a", "an", "the"))
        ):
            return _AFTER[phrase], start + size - 1
    return None


def softness_of(found: tuple[Token, ...], first: int, last: int) -> str:
    """Whether a word nearby makes the number a limit, a threshold or a target."""
    start = first
    while start and first - start < _REACH and found[start - 1].text not in (";", ".", ","):
        start -= 1
    nearby = {token.text for token in found[start:first]} | {token.text for token in found[last + 1 : last + 3]}
    for name, words in _SOFT.items():
        if nearby & words:
            return name
    before = [token.text for token in found[max(0, first - 3) : first]]
    if before[-2:] == ["the", "first"]:
        before = before[:-2]  # "in the first 24 hours"
    return "limit" if before and before[-1] in _UNTIL else ""
