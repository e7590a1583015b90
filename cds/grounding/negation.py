"""What the statement affirms is affirmed, and what it denies is denied: avoid, do not, contraindicated, without."""

from cds.grounding.reading import Reading, occurrences
from cds.recommendation import CheckResult
from cds.wording.sentence import Sentence, Term

_LIMITING = frozenset({"unless", "only", "until", "except"})


def check_negation(reading: Reading) -> CheckResult:
    """Fail a statement that denies what its evidence says, or says what its evidence denies."""
    if reading.verbatim:
        return CheckResult("negation", "pass")
    for sentence in reading.claim:
        aligned = reading.aligned(sentence)
        for number in range(len(sentence.segments)):
            terms = [term for term in sentence.terms if term.segment == number and term.sign]
            against = _against(terms, aligned)
            if against and not _conditional(sentence, aligned):
                return CheckResult("negation", "fail", f"the cited text says the opposite of: {against}", "contradicted")
    return CheckResult("negation", "pass")


def _against(terms: list[Term], aligned: tuple[Sentence, ...]) -> str:
    """The terms said with the opposite sign, when they outweigh those said with the same."""
    agree = disagree = 0.0
    opposed = []
    for term in terms:
        signs = {sign for sentence in aligned for sign in _signs(term, sentence)} - {0}
        if not signs:
            continue
        if term.sign in signs:
            agree += term.weight if len(signs) == 1 else 0.0  # said both ways: it decides nothing
        else:
            disagree += term.weight
            opposed.append(term.stem)
            locally = term.local or all(o.local for s in aligned for o in occurrences(term, s))
            if locally and term.specific:
                return term.stem  # "with diabetes" for "without diabetes" turns one word only
    return ", ".join(opposed) if disagree and disagree >= agree else ""


def _signs(term: Term, sentence: Sentence) -> set[int]:
    found = occurrences(term, sentence)
    signs = {other.sign for other in found}
    for segment in sentence.segments:
        if segment.inherits and any(o.segment == 0 for o in found):
            signs.add(segment.sign)
    return signs


def _conditional(sentence: Sentence, aligned: tuple[Sentence, ...]) -> bool:
    """'Do not use X unless Y' says the same as 'use X only if Y'."""
    if not _LIMITING & set(sentence.words()):
        return False
    return any(_LIMITING & set(other.words()) for other in aligned)
