"""Before search: emergencies, and what this service is not for."""

from dataclasses import dataclass
from typing import Literal

from cds.patient import PatientFacts


@dataclass(frozen=True, slots=True)
class Triage:
    """Where a question goes; `go` is to the library."""

    kind: Literal["go", "emergency", "out_of_scope"]
    text: str = ""


def triage(question: str, facts: PatientFacts | None) -> Triage:
    """Every question goes to the library."""
    return Triage("go")
