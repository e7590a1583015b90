"""The segments of a sentence, each with what it denies."""

from dataclasses import replace

from cds.wording.polarity.clauses import bounds_of, with_resumed
from cds.wording.polarity.cues import (
    ADVERBIAL,
    AUXILIARY,
    HALTED,
    INTRODUCTIONS,
    RELATIVE,
    RESUMED,
    RESUMES,
    SUBJECTLESS,
)
from cds.wording.polarity.segment import Segment
from cds.wording.polarity.signs import signs_of
from cds.wording.text import Token


def segments(found: tuple[Token, ...], *, used: frozenset[int] = frozenset()) -> tuple[Segment, ...]:
    """The segments of a sentence; tokens in `used` belong to quantities ("no more than 4 g") and deny nothing."""
    words = [token.text for token in found]
    bounds = with_resumed(words, bounds_of(words, used), used)
    result: list[Segment] = []
    for number, (first, opener) in enumerate(bounds):
        last = (bounds[number + 1][0] if number + 1 < len(bounds) else len(words)) - 1
        sign, turned, following = signs_of(words, first, last, used)
        if result and result[-1].opener == "unless" and opener in (("and", "or", ",") if result[-1].first else ("or",)):
            turned, opener = frozenset(range(first, last + 1)), "unless"
        more = number + 1 < len(bounds)
        meanwhile = (
            opener == "while" and first + 1 <= last and (words[first + 1].endswith("ing") or words[first + 1] == "you")
        )
        says_when = opener in RELATIVE and opener != "because"  # a reason is said to be so
        says_when = says_when or (opener == "once" and number > 0) or (opener in INTRODUCTIONS and more)
        introduces = meanwhile or (opener != RESUMES and sign > 0 and says_when)
        after = words[first + 1] if first + 1 < len(words) else ""
        inherits = (number > 0 and opener in SUBJECTLESS and after in AUXILIARY | RESUMED | HALTED) or (
            opener not in ADVERBIAL and _refers(words, first, last)
        )
        result.append(
            Segment(
                first,
                last,
                sign,
                turned,
                following,
                opener,
                introduces,
                aside=_bracketed(words, first, last),
                inherits=inherits,
            )
        )
    for number, segment in enumerate(result):  # "women who ... are not offered": one clause around another
        if segment.opener == RESUMES and number > 1:
            before = result[number - 2]
            sign = before.sign * segment.sign
            result[number - 2] = replace(before, sign=sign, introduces=False)
            result[number] = replace(segment, sign=sign)
    return tuple(result)


def _bracketed(words: list[str], first: int, last: int) -> frozenset[int]:
    """The tokens in brackets that hold numbers: results set beside what is said."""
    inside: set[int] = set()
    opened = None
    for i in range(first, last + 1):
        if words[i] == "(":
            opened = i
        elif words[i] == ")" and opened is not None:
            span = range(opened, i + 1)
            if any(words[k][:1].isdigit() for k in span):
                inside |= set(span)
            opened = None
    return frozenset(inside)


def _refers(words: list[str], first: int, last: int) -> bool:
    """Whether something named before is meant: "it must not be given", "stop it"; not "it is known that"."""
    for k in range(first, last + 1):
        if words[k] in ("they", "them"):
            return True
        if words[k] == "it" and not (
            words[k + 1 : k + 2]
            and words[k + 1] in ("is", "was")
            and {"that", "to", "whether"} & set(words[k + 2 : k + 6])
        ):
            return True
    return False
