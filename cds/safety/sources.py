"""The sentence of a guideline that says what a warning says, where the library has one."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from cds.evidence import Hit, Passage, Sentence
from cds.medicines import classes_of, mentions
from cds.recommendation import Warning as PatientWarning
from cds.wording.sentence import read_sentence

# What else a sentence has to name beside the medicine to be of the same point, by kind of warning.
_NAMES: dict[str, re.Pattern[str]] = {
    "allergy": re.compile(r"\ballerg|\banaphyla|\bcross-?react|\bhypersens", re.I),
    "renal": re.compile(r"\begfr\b|\bkidney|\bcreatinine|\brenal|\bpotassium", re.I),
    "hepatic": re.compile(r"\bliver|\bcirrho|\bhepat|\bchild-pugh", re.I),
    "pregnancy": re.compile(r"\bpregnan|\bconcei|\btrimester|\bunborn", re.I),
    "lactation": re.compile(r"\bbreastfe|\blactat", re.I),
    "qt": re.compile(r"\bqtc?\b|\btorsade", re.I),
    "age": re.compile(r"\bolder\b|\bover \d|\baged\b|\bunder \d|\bchild|\byears\b", re.I),
}
# A sentence that warns says so; "offer trimethoprim in women who are not pregnant" does not.
_AGAINST = re.compile(
    r"\b(?:not|avoid|stop|never|caution|contraindicated|instead|risk|increases?|raises?|harm\w*|prolongs?|unless|reduce|"
    r"only|halve|danger\w*|toxic\w*|poisoning|severe|bleeding|withhold|worse)\b",
    re.I,
)


def query_of(warning: PatientWarning) -> str:
    """What to search the library for: the rule's words, without its reference."""
    return warning.text.partition(" (")[0].removeprefix("Already taking ")


def speaks_of(warning: PatientWarning, sentence: Sentence) -> bool:
    """Whether a sentence of a guideline warns of the same thing."""
    if not _AGAINST.search(sentence.text):
        return False
    subject, _, _ = query_of(warning).partition(":")
    wanted = _named(subject)
    there = _named(sentence.text)
    if not wanted & there:
        return False
    if warning.kind in ("interaction", "duplication"):
        others = _named(" . ".join(line.text for line in warning.because)) - wanted
        return bool(others & there)
    if warning.kind == "condition":
        told = read_sentence(sentence.text).terms
        lines = [term for line in warning.because for term in read_sentence(line.text).terms if not term.medicine]
        return any(term.specific and term.matches(other) for term in lines for other in told)
    return _NAMES[warning.kind].search(sentence.text) is not None


def sentence_for(warning: PatientWarning, hits: Iterable[Hit]) -> tuple[Passage, Sentence] | None:
    """The first sentence among these passages that says what the warning says."""
    for hit in hits:
        if hit.passage.kind == "guideline":
            for sentence in hit.passage.sentences:
                if speaks_of(warning, sentence):
                    return hit.passage, sentence
    return None


def with_passages(warnings: Sequence[PatientWarning], hits: Sequence[Hit]) -> tuple[PatientWarning, ...]:
    """Each warning with the passage that says so, where one of these does."""
    found = []
    for warning in warnings:
        source = sentence_for(warning, hits)
        found.append(replace(warning, passage=source[0].id) if source is not None else warning)
    return tuple(found)


def _named(text: str) -> set[str]:
    """The medicines of a text with their ingredients and the classes they belong to."""
    names: set[str] = set()
    for mention in mentions(text):
        names |= {mention.name, *mention.keys, *classes_of(mention.name)}
    return names - _TOO_WIDE


# Classes so wide that two of their members have nothing in common here.
_TOO_WIDE = {"antibiotic", "antihypertensive", "analgesic", "anti-infective", "antidiabetic", "qt-prolonging"}
