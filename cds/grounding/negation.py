"""What the statement affirms is affirmed, and what it denies is denied: avoid, do not, contraindicated, without."""

# ruff: noqa: E501, SIM905 lists of words and patterns read better as they are spoken

from cds.grounding.reading import Part, Reading, occurrences, parts_of
from cds.recommendation import CheckResult
from cds.wording.quantities import Quantity
from cds.wording.sentence import Sentence, Term
from cds.wording.text import stem

_LIMITING = frozenset({"unless", "only", "until", "except"})
_NEARLY = 0.85  # of the best overlap: parts of the evidence that may be the one meant
_ADJUNCT = 0.25  # what a phrase such as "in adults with asthma" weighs against the subject, the verb and the object
# Too general to be denied by themselves: "people without" says nothing without what follows.
_NEVER_ALONE = frozenset(
    stem(w)
    for w in "people patient person adult study trial group use take time case child woman man any other another".split()
)


def check_negation(reading: Reading) -> CheckResult:
    """Fail a statement that denies what its evidence says, or says what its evidence denies."""
    if reading.verbatim:
        return CheckResult("negation", "pass")
    parts = [part for sentence in reading.evidence for part in parts_of(sentence)]
    for sentence in reading.claim:
        for number in range(len(sentence.segments)):
            terms = [term for term in sentence.terms if term.segment == number]
            subject = (
                [t for t in sentence.terms if t.segment == number - 1] if sentence.segments[number].inherits else []
            )
            amounts = [q for q in sentence.quantities if sentence.segment_of(q.last) == number]
            against = _against(terms, _meant([*terms, *subject], amounts, parts))
            if against and not _conditional(sentence, reading.aligned(sentence)):
                return CheckResult(
                    "negation", "fail", f"the cited text says the opposite of: {against}", "contradicted"
                )
    return CheckResult("negation", "pass")


def _meant(terms: list[Term], amounts: list[Quantity], parts: list[Part]) -> list[Part]:
    """The parts of the evidence that a segment of the statement may rest on."""
    scored = []
    for sentence, numbers in parts:
        score = 0.0
        for term in terms:
            places = {o.segment for o in occurrences(term, sentence)}
            inherited = any(sentence.segments[n].inherits and n - 1 in places for n in numbers)
            score += term.weight * (1.0 if places & numbers else 0.9 if inherited else 0.3 if places else 0.0)
        for amount in amounts:
            alike = [q for q in sentence.quantities if q.dimension == amount.dimension and q.raw == amount.raw]
            score += any(sentence.segment_of(q.last) in numbers for q in alike)
        scored.append((score, sentence, numbers))
    best = max((score for score, _, _ in scored), default=0.0)
    return [(sentence, numbers) for score, sentence, numbers in scored if best and score >= _NEARLY * best]


def _against(terms: list[Term], meant: list[Part]) -> str:
    """The terms said with the opposite sign, when they outweigh those said with the same."""
    agree = disagree = 0.0
    opposed: list[str] = []
    medicines: set[bool] = set()
    for term in terms:
        found = [o for sentence, numbers in meant for o in occurrences(term, sentence) if o.segment in numbers]
        if not found:
            continue
        if term.stem in _NEVER_ALONE:
            continue
        if _turned_alone(term, found):
            return term.stem  # "with diabetes" for "without diabetes" turns one word only
        signs = {o.sign for o in found}
        if 0 in signs or not term.sign or len(signs) > 1:
            continue  # it says when, or it is said both ways: it decides nothing
        weight = term.weight * (1.0 if term.core else _ADJUNCT) * (1.0 if any(o.core for o in found) else _ADJUNCT)
        if term.sign in signs:
            agree += weight
        else:
            disagree += weight
            opposed.append(term.stem)
        if term.medicine:
            medicines.add(term.sign in signs)
    if medicines == {True}:  # the medicine is advised, or not, as the text has it; the rest says for whom
        return ""
    return ", ".join(opposed) if disagree and (disagree >= agree or medicines == {False}) else ""


def _turned_alone(term: Term, found: list[Term]) -> bool:
    if not (term.local or all(o.local for o in found)):
        return False
    return (term.sign or 1) not in {o.sign or 1 for o in found}


def _conditional(sentence: Sentence, aligned: tuple[Sentence, ...]) -> bool:
    """'Do not use X unless Y' says the same as 'use X only if Y'."""
    said = _LIMITING & set(sentence.words())
    return bool(said) and any((there := _LIMITING & set(other.words())) and there != said for other in aligned)
