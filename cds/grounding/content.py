"""What the statement speaks of is spoken of in what it cites."""

from cds.grounding.direction import opposites_of
from cds.grounding.population import FAMILIES
from cds.grounding.reading import Reading
from cds.recommendation import CheckResult
from cds.wording.sentence import Sentence, Term
from cds.wording.text import stem
from cds.wording.vocabulary import is_condition

# Tuned on the development half of the claims: what a paraphrase keeps of the words it paraphrases.
_ENOUGH = 0.5
_TOGETHER = 0.42  # of it that one cited sentence must hold: words gathered from all over support nothing
_PEOPLE = frozenset().union(*(stems for members in FAMILIES.values() for stems in members.values()))
_SHORT_FORM = 5  # letters an abbreviation has at most
_LITTLE = frozenset({"of", "to", "and", "the", "in", "for", "a", "with", "by"})
_KNOWN_BY = {
    stem(condition): value
    for condition, value in (
        ("hypertension", "blood pressure"),
        ("hyperkalaemia", "potassium"),
        ("hypokalaemia", "potassium"),
        ("hyponatraemia", "sodium"),
        ("hypoglycaemia", "glucose"),
        ("hyperglycaemia", "glucose"),
        ("fever", "temperature"),
        ("anaemia", "haemoglobin"),
        ("obesity", "bmi"),
    )
} | {"renal impair": "creatinine clearance"}
_LEVEL = frozenset({"low", "high", "raised", "reduced", "below", "above", "elevated", "lower", "higher"})
_DOSE = stem("dose")
_PARTIAL = 0.7  # a phrase of which the evidence has the parts, a word that only shares its beginning


def check_content(reading: Reading) -> CheckResult:
    """Fail a statement whose content words are mostly absent from what it cites."""
    if not any(sentence.terms or sentence.quantities for sentence in reading.claim):
        return _fail("the statement says nothing that could be checked")
    medicines = any(other.medicines for other in reading.evidence)
    for sentence in reading.claim:
        missing = _missing(sentence, (*reading.evidence, *reading.context, *reading.lead), medicines=medicines)
        turned = [t for t, _ in missing if _turned(t, reading) or _measured(t.stem, reading)]
        missing = [(t, weight) for t, weight in missing if t not in turned]
        total = sum(term.weight for term in sentence.terms if term not in turned)
        if not total:
            continue
        found = total - sum(weight for _, weight in missing)
        absent = ", ".join(term.stem for term, weight in missing if weight == term.weight and term.specific)
        if found < _ENOUGH * total:
            return _fail(f"the cited sentences do not speak of: {absent or 'this'}")
        new = [t.stem for t, weight in missing if weight == t.weight and (is_condition(t.groups) or t.named)]
        new = [name for name in new if not _measured(name, reading)]
        if new:
            return _fail(f"the cited sentences do not speak of: {', '.join(new)}")
        alone = (
            [(t, w) for t, w in _missing(sentence, (e, *reading.context), medicines=medicines) if t not in turned]
            for e in reading.evidence
        )
        best = max((total - sum(weight for _, weight in lacking) for lacking in alone), default=0)
        if best < _TOGETHER * total:
            return _fail("no cited sentence speaks of this as a whole")
    return CheckResult("content", "pass")


def _missing(sentence: Sentence, evidence: tuple[Sentence, ...], *, medicines: bool) -> list[tuple[Term, float]]:
    """The terms of a sentence that the evidence lacks, with the weight that is missing."""
    stems = {stem for other in evidence for stem in other.stems}
    initials = [_initials(other) for other in evidence]
    missing = []
    dosed = any(quantity.is_dose for other in evidence for quantity in other.quantities)
    for term in sentence.terms:
        if dosed and term.stem == _DOSE:
            continue
        if set(term.parts) & _PEOPLE or (term.medicine and medicines):
            continue  # whom it is for and which medicine it is have checks of their own, that say more when they fail
        if any(other.like(term) for other in evidence) or all(part in stems for part in term.parts):
            continue
        if len(term.stem) <= _SHORT_FORM and any(term.stem in s for s in initials):
            continue
        if any(part in stems for part in term.parts) or any(
            term.stem in o.parts for other in evidence for o in other.terms
        ):
            missing.append((term, term.weight * (1 - _PARTIAL)))
        else:
            missing.append((term, term.weight))
    return missing


def _turned(term: Term, reading: Reading) -> bool:
    """Whether the evidence says the opposite of this word: that is for the check of directions."""
    return any(opposite & set(other.stems) for opposite in opposites_of(term.stem) for other in reading.evidence)


def _measured(condition: str, reading: Reading) -> bool:
    """Whether the evidence gives the value that the condition is known by: hypertension, at 140/90 mmHg or more."""
    known = _KNOWN_BY.get(condition)
    return known is not None and any(
        (other.quantities or _LEVEL & set(other.words())) and known in " ".join(other.words())
        for other in reading.evidence
    )


def _initials(sentence: Sentence) -> str:
    """The first letters of the words, the little ones left out: ACR is an albumin to creatinine ratio."""
    return "".join(t.text[0] for t in sentence.tokens if t.kind == "word" and t.text not in _LITTLE)


def _fail(detail: str) -> CheckResult:
    return CheckResult("content", "fail", detail, "not_addressed")
