"""A statement that is true to its source may still answer another question: it has to speak of what was asked."""

from cds.evidence import Passage
from cds.medicines import classes_of
from cds.recommendation import CheckResult
from cds.wording.sentence import Term, read_sentence


def same_thing(asked: Term, said: Term) -> bool:
    """Whether a word answers to one of the question: the same, another name of it, or the class of a medicine."""
    if asked.medicine is not None and said.medicine is not None:
        one, other = asked.medicine.keys, said.medicine.keys
        wider = classes_of(asked.medicine.name) | classes_of(said.medicine.name)
        return bool(one & other) or bool(wider & (one | other))
    return asked.matches(said)


def check_question(text: str, question: str, passage: Passage) -> CheckResult:
    """Fail a statement that shares no specific word with the question, under any of its names."""
    asked = [term for term in read_sentence(question).terms if term.specific]
    if not asked:
        return CheckResult("question", "not_applicable", "the question names nothing specific")
    # A guideline's headings say what its sentences are about; a patient's notes are of everything at once.
    about = [text] if passage.kind == "record" else [text, passage.document.title, *passage.section]
    said = [term for part in about for term in read_sentence(part).terms]
    if any(same_thing(term, other) for term in asked for other in said):
        return CheckResult("question", "pass")
    return CheckResult("question", "fail", "it speaks of something else than was asked", "not_addressed")
