"""This patient: whether a statement is meant for them, and what to be warned of."""

from collections.abc import Sequence
from datetime import date

from cds.patient import PatientFacts
from cds.recommendation import Applies, Because, Statement
from cds.recommendation import Warning as PatientWarning


def warnings_for(facts: PatientFacts, proposed: Sequence[Statement | str], *, on: date) -> tuple[PatientWarning, ...]:
    """No rule is known yet, so nothing is warned of."""
    return ()


def applicability(
    statement: Statement, facts: PatientFacts, on: date
) -> tuple[Applies, tuple[Because, ...], tuple[str, ...]]:
    """No rule is known yet: whether it is meant for this patient is unknown."""
    return "unknown", (), ()
