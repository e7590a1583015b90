"""A statement that is true to its source may still answer another question: it has to speak of what was asked."""

from cds.evidence import Passage
from cds.recommendation import CheckResult
from cds.wording.sentence import read_sentence


def check_question(text: str, question: str, passage: Passage) -> CheckResult:
    """Fail a statement that shares no specific word with the question, under any of its names."""
    asked = [term for term in read_sentence(question).terms if term.specific]
    if not asked:
        return CheckResult("question", "not_applicable", "the question names nothing specific")
    # A guideline's headings say what its sentences are about; a patient's notes are of everything at once.
    about = [text] if passage.kind == "record" else [text, passage.document.title, *passage.section]
    said = [term for part in about for term in read_sentence(part).terms]
    if any(term.matches(other) for term in asked for other in said):
        return CheckResult("question", "pass")
    return CheckResult("question", "fail", "it speaks of something else than was asked", "not_addressed")
