"""The cited sentences exist, were offered to this consult, and are of the right kind."""

from cds.grounding.reading import Reading
from cds.recommendation import CheckResult

_KIND = {"recommendation": "guideline", "finding": "record"}


def check_citations(reading: Reading) -> CheckResult:
    """Fail a statement that cites nothing, something not retrieved, or the wrong kind of source."""
    wanted = reading.statement.sentences
    known = {sentence.id: sentence for sentence in reading.cited}
    if not wanted:
        return _fail("no sentence is cited")
    for identifier in wanted:
        if identifier not in reading.retrieved or identifier not in known:
            return _fail(f"{identifier} was not retrieved for this question")
    right = _KIND[reading.statement.kind]
    for identifier in wanted:
        if known[identifier].kind != right:
            return _fail(f"a {reading.statement.kind} must cite a {right}; {identifier} is a {known[identifier].kind}")
    return CheckResult("citation", "pass")


def _fail(detail: str) -> CheckResult:
    return CheckResult("citation", "fail", detail, "not_addressed")
