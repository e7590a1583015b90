"""Numbers, units, comparators, ranges, durations and frequencies are those of the cited text, in the same place."""

from cds.grounding.numbers.amounts import bounded_alike, comparable, same_amount
from cds.grounding.numbers.places import fit_of_place, nearness, out_of_order, own_zone, same_order
from cds.grounding.reading import Reading
from cds.recommendation import CheckResult
from cds.wording.quantities import Quantity
from cds.wording.sentence import Sentence

__all__ = ["check_numbers", "nearness"]

_ELSEWHERE = 0.5  # the place of the matching number must fit at least so well as the place of another number
_BOUND = 0.6  # of a number bounded otherwise: that both say "at least" tells that the same is meant
_BARE_ELSEWHERE = 0.42  # of a number without a unit, whose neighbours say less
_FIRST = frozenset({"first", "initial", "initially", "firstly", "preferred", "start", "started", "begin", "1st"})
_SECOND = frozenset({"second", "alternative", "alternatively", "instead", "otherwise", "secondly", "then", "2nd"})
_PAIR = frozenset({"groups", "arms", "treatments", "methods", "techniques", "options", "procedures", "regimens"})


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
        if any(out_of_order(sentence, other) for other in reading.aligned(sentence)[:1]):
            return _fail("number", "the numbers stand in another order in the cited text", "contradicted")
    return CheckResult("number", "pass")


def _judge(
    wanted: Quantity, sentence: Sentence, offered: list[tuple[Quantity, Sentence]], reading: Reading
) -> CheckResult | None:
    said = _as_written(wanted, sentence)
    if _pairs(wanted, sentence):
        return None
    text = {token.text for s in (sentence, *reading.evidence) for token in s.tokens}
    alike = [(q, s) for q, s in offered if comparable(wanted, q, text)]
    equal = [(q, s) for q, s in alike if same_amount(wanted, q, text)]
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
    fitting = [(q, s) for q, s in equal if bounded_alike(wanted, q)]
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
    if any(s is o and same_order(sentence, o) for q, s in fitting for o in reading.aligned(sentence)):
        return None
    if any(own_zone(sentence, q, s) for q, s in fitting):
        return None
    best = max(fit_of_place(wanted, sentence, q, s, others) for q, s in fitting)
    bound = any(q.comparator == wanted.comparator for q, _ in fitting)
    rival = max(
        (
            fit_of_place(wanted, sentence, q, s, fitting)
            * (_BOUND if bound and q.comparator != wanted.comparator else 1.0)
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


def _fail(kind: str, detail: str, verdict: str) -> CheckResult:
    return CheckResult(kind, "fail", detail, "contradicted" if verdict == "contradicted" else "not_addressed")


def _in_context(wanted: Quantity, reading: Reading) -> bool:
    return any(
        q.dimension == wanted.dimension and q.low == wanted.low
        for s in (*reading.context, *reading.lead)
        for q in s.quantities
    )


def _as_written(quantity: Quantity, sentence: Sentence) -> str:
    start, end = sentence.tokens[quantity.first].start, sentence.tokens[quantity.last].end
    return f"“{sentence.text[start:end]}”"
