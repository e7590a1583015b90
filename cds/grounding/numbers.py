"""Numbers, units, comparators, ranges, durations and frequencies are those of the cited text, in the same place."""

import math
from collections.abc import Iterable

from cds.grounding.reading import Reading
from cds.recommendation import CheckResult
from cds.wording.quantities import Quantity
from cds.wording.sentence import Sentence, Term
from cds.wording.units import IMPLIED, MOLAR_MASS

_CLOSE = 0.004  # of the value: rounding in a conversion of units, never another dose
_ABOUT = 0.06  # "about a fifth" of 19 %
_ANALYTE = 0.035  # 7 mmol/L of glucose is given as 126 mg/dL and as 125
_DAYS_A_MONTH = 30.4
_ELSEWHERE = 0.5  # the place of the matching number must fit at least so well as the place of another number
_BOUND = 0.6  # of a number bounded otherwise: that both say "at least" tells that the same is meant
_ZONE = 8  # words behind a number that may say what it is of
_FAR = 30  # words away nothing belongs to a number any more
_BARE_ELSEWHERE = 0.42  # of a number without a unit, whose neighbours say less
_FIRST = frozenset({"first", "initial", "initially", "firstly", "preferred", "start", "started", "begin", "1st"})
_SECOND = frozenset({"second", "alternative", "alternatively", "instead", "otherwise", "secondly", "then", "2nd"})
_PAIR = frozenset({"groups", "arms", "treatments", "methods", "techniques", "options", "procedures", "regimens"})
_COUNTS = frozenset({"tablets", "capsules", "doses", "injections", "drinks", "cigarettes", "times", "puffs", "patches"})
_IN_ORDER = frozenset({"respectively", "then", "followed", "subsequently", "thereafter"})
_SOFT_FITS = {"limit": ("<=", "<"), "floor": (">=", ">"), "threshold": (">=", ">", "<", "<="), "target": ("<", "<=")}


def check_numbers(reading: Reading) -> CheckResult:
    """Fail a statement with a number that its evidence does not hold for the same thing."""
    wanted = [(quantity, sentence) for sentence in reading.claim for quantity in sentence.quantities]
    if not wanted:
        return CheckResult("number", "not_applicable")
    if reading.verbatim:
        return CheckResult("number", "pass")
    offered = [(quantity, sentence) for sentence in reading.evidence for quantity in sentence.quantities]
    for quantity, sentence in wanted:
        failure = _judge(quantity, sentence, offered, reading)
        if failure:
            return failure
    for sentence in reading.claim:
        if any(_out_of_order(sentence, other) for other in reading.aligned(sentence)[:1]):
            return _fail("number", "the numbers stand in another order in the cited text", "contradicted")
    return CheckResult("number", "pass")


def _out_of_order(sentence: Sentence, other: Sentence) -> bool:
    """Whether numbers whose order matters ("10 mg, then 5 mg", "3 and 5, respectively") stand in another order."""
    if not (_IN_ORDER & set(sentence.words()) and _IN_ORDER & set(other.words())):
        return False
    for dimension in {q.dimension for q in sentence.quantities}:
        said = [(q.low, q.high) for q in sentence.quantities if q.dimension == dimension]
        there = iter([(q.low, q.high) for q in other.quantities if q.dimension == dimension])
        if len(said) > 1 and not all(any(_alike(one, two) for two in there) for one in said):
            return True
    return False


def _alike(one: tuple[float, float], two: tuple[float, float]) -> bool:
    return all(math.isclose(a, b, rel_tol=_CLOSE, abs_tol=1e-12) for a, b in zip(one, two, strict=True))


def _judge(
    wanted: Quantity, sentence: Sentence, offered: list[tuple[Quantity, Sentence]], reading: Reading
) -> CheckResult | None:
    said = _as_written(wanted, sentence)
    if _pairs(wanted, sentence):
        return None
    text = {token.text for s in (sentence, *reading.evidence) for token in s.tokens}
    alike = [(q, s) for q, s in offered if _comparable(wanted, q, text)]
    equal = [(q, s) for q, s in alike if _equal(wanted, q, text)]
    if not equal:
        if _implied_order(wanted, text):
            return None
        if wanted.decimals == 3 and any(q.decimals == 3 and q.dimension in ("times", "share") for q, _ in offered):
            return _fail("number", f"{said} is not what the cited text says", "contradicted")
        named = wanted.dimension.startswith("label:")
        if (
            not named
            and any(set(q.raw) & set(wanted.raw) and q.dimension != wanted.dimension for q, _ in offered)
            and not alike
        ):
            return _fail("unit", f"{said}: the cited text has this number with another unit", "contradicted")
        if alike:
            return _fail("number", f"{said} is not the number of the cited text", "contradicted")
        if wanted.dimension.startswith("label:") and _in_context(wanted, reading):
            return None
        return _fail("number", f"{said} is not in the cited text", "not_addressed")
    fitting = [(q, s) for q, s in equal if _fits(wanted, q)]
    if not fitting:
        return _fail("comparator", f"{said}: the cited text bounds this number differently", "contradicted")
    others = [
        (q, s)
        for q, s in alike
        if (q, s) not in fitting
        and (q.comparator == "range") == (wanted.comparator == "range")
        and q.counted == wanted.counted
        and not (q.tags & {"diastolic"} and wanted.tags & {"systolic"})
    ]
    if any(s is o and _same_order(sentence, o) for q, s in fitting for o in reading.aligned(sentence)):
        return None
    if any(_own_zone(sentence, q, s) for q, s in fitting):
        return None
    best = max(_place(wanted, sentence, q, s, others) for q, s in fitting)
    bound = any(q.comparator == wanted.comparator for q, _ in fitting)
    rival = max(
        (
            _place(wanted, sentence, q, s, fitting) * (_BOUND if bound and q.comparator != wanted.comparator else 1.0)
            for q, s in others
        ),
        default=0.0,
    )
    listed = any("respectively" in s.words() for _, s in fitting)  # their order says which is whose
    if rival and not listed and best < (_ELSEWHERE if wanted.dimension else _BARE_ELSEWHERE) * rival:
        return _fail("number", f"{said} is said of something else in the cited text", "contradicted")
    return None


def _pairs(wanted: Quantity, sentence: Sentence) -> bool:
    """The "two" of "between the two groups" counts nothing that could be another number."""
    after = [token.text for token in sentence.tokens[wanted.last + 1 : wanted.last + 3]]
    return wanted.low == 2 and sentence.tokens[wanted.first].text in ("two", "2") and bool(_PAIR & set(after[:2]))


def _implied_order(wanted: Quantity, words: set[str]) -> bool:
    """First-line is also what is "preferred", or "tried first"; second-line what is an alternative."""
    if wanted.dimension != "label:line":
        return False
    return bool(words & (_FIRST if wanted.low == 1 else _SECOND if wanted.low == 2 else frozenset()))


def _same_order(sentence: Sentence, other: Sentence) -> bool:
    """Whether the numbers with a unit stand, each the same, in one order in both: what they are said of does too."""
    mine = [q for q in sentence.quantities if q.dimension]
    theirs = [q for q in other.quantities if q.dimension]
    if len(mine) < 2:
        return False
    return any(
        all(a.dimension == b.dimension and _near(a, b) for a, b in zip(mine, theirs[at:], strict=False))
        for at in range(len(theirs) - len(mine) + 1)
    )


def _own_zone(sentence: Sentence, offered: Quantity, other: Sentence) -> bool:
    """Whether of several numbers with what each is of behind it, the statement names what is behind this one only."""
    alike = sorted((q for q in other.quantities if q.dimension == offered.dimension), key=lambda q: q.first)
    if len(alike) < 2:
        return False
    ends = [*(q.first for q in alike[1:]), len(other.tokens)]
    named = []
    for q, end in zip(alike, ends, strict=True):
        behind = [t for t in other.terms if q.last < t.first < min(end, q.last + _ZONE)]
        named.append({t.stem for t in behind if any(t.matches(o) for o in sentence.terms)})
    mine = named.pop(alike.index(offered))
    return bool(mine) and not any(named) and alike.index(offered) > 0


def _fail(kind: str, detail: str, verdict: str) -> CheckResult:
    return CheckResult(kind, "fail", detail, "contradicted" if verdict == "contradicted" else "not_addressed")


def _comparable(one: Quantity, other: Quantity, words: set[str]) -> bool:
    a, b = one.dimension, other.dimension
    if a == b or (not a and b in IMPLIED and not one.counted):
        return True
    if not b and a in IMPLIED - {"share"} and not other.counted:
        return True
    if {a, b} == {"", "share"}:  # 0.88 is 88 %; "5 fewer" of "of 1,000, 5 fewer"
        bare = one if not a else other
        return 0 < bare.low < 1 or (not a and len(other.raw) == 2) or bool(words & {"point", "points"})
    if ("" in (a, b) and {a, b} & _COUNTS) or {a, b} == {"rate", "doses"}:
        return True
    if {a, b} == {"days", "months"} or {a, b} == {"share", "amount/amount"}:
        return True
    if {a, b} in ({"amount/volume", "mass/volume"},):
        return bool(words & MOLAR_MASS.keys())
    return False


def _equal(one: Quantity, other: Quantity, words: set[str]) -> bool:
    """Whether two quantities are the same amount, whatever unit each is written in."""
    if (one.comparator == "range") != (other.comparator == "range"):
        return False
    if one.tags and other.tags and one.tags != other.tags and {*one.tags, *other.tags} == {"systolic", "diastolic"}:
        return False
    if one.dimension == other.dimension:
        return one.low == other.low if one.dimension.startswith("label:") else _near(one, other)
    if {one.dimension, other.dimension} == {"rate", "doses"}:
        return one.low == other.low
    if {one.dimension, other.dimension} == {"", "share"}:
        if len(other.raw) == 2 and not one.dimension:
            return one.raw[0] in other.raw
        if words & {"point", "points"} and one.raw == other.raw:
            return True
        return math.isclose(one.low, other.low, abs_tol=0.0005)
    if not one.dimension or not other.dimension:
        return one.raw == other.raw
    if {one.dimension, other.dimension} == {"days", "months"}:
        days, months = (one, other) if one.dimension == "days" else (other, one)
        return _same_time(days.low, months.low) and _same_time(days.high, months.high)
    if {one.dimension, other.dimension} == {"share", "amount/amount"}:
        share, amount = (one, other) if one.dimension == "share" else (other, one)
        return (
            bool({"hba1c", "a1c", "haemoglobin", "hemoglobin"} & words)
            and abs(0.0915 * amount.low * 1e3 + 2.15 - share.low * 100) < 0.1
        )
    mass, amount = (one, other) if one.dimension == "mass/volume" else (other, one)
    return any(math.isclose(mass.low / MOLAR_MASS[a], amount.low, rel_tol=_ANALYTE) for a in MOLAR_MASS.keys() & words)


def _near(one: Quantity, other: Quantity) -> bool:
    rounded = one.about and _digits(one) < _digits(other)  # never more exact than the cited text
    close = _ABOUT if rounded else _CLOSE
    if one.dimension == "share" and not (one.about or other.about) and 3 in (one.decimals, other.decimals):
        close = 0.012  # "one in six" is 17 %, "two thirds" 67 %
    if close == _CLOSE and one.raw != other.raw and _same_unit(one, other):
        return False  # 27,283 is not 27,233
    pairs = ((one.low, other.low), (one.high, other.high))
    return all(math.isclose(a, b, rel_tol=close, abs_tol=1e-12) for a, b in pairs)


def _same_unit(one: Quantity, other: Quantity) -> bool:
    """Whether both were written in one unit, so that nothing was rounded in converting."""
    if len(one.raw) != len(other.raw) or not one.raw[0] or not other.raw[0]:
        return False
    return math.isclose(one.low / one.raw[0], other.low / other.raw[0], rel_tol=1e-6)


def _digits(quantity: Quantity) -> int:
    """How many digits of the number say something: 20 has one, 19.7 three; a fraction in words one."""
    if quantity.decimals == 3 and len(quantity.raw) == 1:
        return 1
    return max(len(f"{raw:.10g}".replace(".", "").strip("0")) for raw in quantity.raw[:1])


def _same_time(days: float, months: float) -> bool:
    return (months <= 3 and abs(days - months * _DAYS_A_MONTH) <= 1.5) or (
        months >= 12 and math.isclose(days, months / 12 * 365, rel_tol=0.01)
    )


def _fits(wanted: Quantity, offered: Quantity) -> bool:
    """Whether the bound the statement puts is the bound the evidence puts."""
    a, b = wanted.comparator, offered.comparator
    if a == b or "range" in (a, b):
        return True
    if a == "=" and wanted.soft:
        return b in _SOFT_FITS[wanted.soft]
    if b == "=" and offered.soft:
        return a in _SOFT_FITS[offered.soft]
    return False


def _place(
    wanted: Quantity,
    sentence: Sentence,
    offered: Quantity,
    other: Sentence,
    rivals: Iterable[tuple[Quantity, Sentence]],
) -> float:
    """How well the words around a number in the evidence fit the words around it in the statement."""
    score = 0.05
    for term in sentence.terms:
        near = nearness(term, wanted.first, wanted.last, sentence)
        if not near:
            continue
        there = [nearness(o, offered.first, offered.last, other) for o in other.like(term) if term.sign * o.sign >= 0]
        score += near * max(there, default=0.0) * max(term.weight, 0.5)
    for companion in sentence.quantities:
        if companion is wanted or companion.dimension == wanted.dimension:
            continue
        here = _gap(wanted, companion)
        there = [
            _gap(offered, q) for q in other.quantities if q.dimension == companion.dimension and _near(q, companion)
        ]
        score += here * max(there, default=0.0)
    return score


def _gap(one: Quantity, other: Quantity) -> float:
    return 1 / (1 + max(0, max(one.first, other.first) - min(one.last, other.last)) / 4)


def nearness(term: Term, first: int, last: int, sentence: Sentence) -> float:
    """1 beside these tokens, less with each word between, and less again with each comma or clause."""
    low, high = (last + 1, term.first) if term.first > last else (term.last + 1, first)
    if high - low > _FAR:
        return 0.0
    between = sentence.tokens[low:high]
    near = 1 / (1 + len(between) / 4)
    for token in between:
        if token.text in (",", ";", ":", "and", "or", "but", "then", "whereas", "while", "versus", "vs", "(", ")"):
            near *= 0.6
    return near


def _in_context(wanted: Quantity, reading: Reading) -> bool:
    return any(
        q.dimension == wanted.dimension and q.low == wanted.low
        for s in (*reading.context, *reading.lead)
        for q in s.quantities
    )


def _as_written(quantity: Quantity, sentence: Sentence) -> str:
    start, end = sentence.tokens[quantity.first].start, sentence.tokens[quantity.last].end
    return f"“{sentence.text[start:end]}”"
