"""A statement and what it cites, read once, so that every check works from the same analysis."""

from dataclasses import dataclass

from cds.grounding.statement import CitedSentence, DraftStatement
from cds.patient import PatientFacts


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything a check may look at."""

    statement: DraftStatement
    cited: tuple[CitedSentence, ...]
    retrieved: frozenset[str]
    facts: PatientFacts | None
    question: str


def read(
    statement: DraftStatement,
    *,
    cited: tuple[CitedSentence, ...],
    retrieved: frozenset[str],
    facts: PatientFacts | None,
    question: str,
) -> Reading:
    """Analyse a statement and its evidence."""
    return Reading(statement, cited, retrieved, facts, question)
