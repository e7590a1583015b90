"""What the statement speaks of is spoken of in what it cites."""

from cds.grounding.reading import Reading
from cds.recommendation import CheckResult
from cds.wording.sentence import Sentence, Term

# Tuned on the development half of the claims: what a paraphrase keeps of the words it paraphrases.
_ENOUGH = 0.58
_TOGETHER = 0.42  # of it that one cited sentence must hold: words gathered from all over support nothing
_PARTIAL = 0.7  # a phrase of which the evidence has the parts, a word that only shares its beginning


def check_content(reading: Reading) -> CheckResult:
    """Fail a statement whose content words are mostly absent from what it cites."""
    if not any(sentence.terms or sentence.quantities for sentence in reading.claim):
        return _fail("the statement says nothing that could be checked")
    for sentence in reading.claim:
        missing = _missing(sentence, (*reading.evidence, *reading.context, *reading.lead))
        total = sum(term.weight for term in sentence.terms)
        if not total:
            continue
        found = total - sum(weight for _, weight in missing)
        absent = ", ".join(term.stem for term, weight in missing if weight == term.weight and term.specific)
        if found < _ENOUGH * total:
            return _fail(f"the cited sentences do not speak of: {absent or 'this'}")
        best = max(
            (total - sum(w for _, w in _missing(sentence, (e, *reading.context))) for e in reading.evidence), default=0
        )
        if best < _TOGETHER * total:
            return _fail("no cited sentence speaks of this as a whole")
    return CheckResult("content", "pass")


def _missing(sentence: Sentence, evidence: tuple[Sentence, ...]) -> list[tuple[Term, float]]:
    """The terms of a sentence that the evidence lacks, with the weight that is missing."""
    terms = [term for other in evidence for term in other.terms]
    stems = {token.stem for other in evidence for token in other.tokens if token.kind != "symbol"}
    missing = []
    for term in sentence.terms:
        if any(term.matches(other) for other in terms) or all(part in stems for part in term.parts):
            continue
        if any(part in stems for part in term.parts) or any(term.stem in other.parts for other in terms):
            missing.append((term, term.weight * (1 - _PARTIAL)))
        else:
            missing.append((term, term.weight))
    return missing


def _fail(detail: str) -> CheckResult:
    return CheckResult("content", "fail", detail, "not_addressed")
