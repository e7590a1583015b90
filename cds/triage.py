"""Before search: emergencies, and what this service is not for."""

import re
from dataclasses import dataclass
from typing import Literal

from cds.patient import PatientFacts
from cds.triage_rules import RULES, Rule
from cds.wording.text import plain


@dataclass(frozen=True, slots=True)
class Triage:
    """Where a question goes; `go` is to the library."""

    kind: Literal["go", "emergency", "out_of_scope"]
    text: str = ""
    rule: str = ""  # the id of the rule that decided


def triage(question: str, facts: PatientFacts | None) -> Triage:
    """Send an emergency to the emergency number and what this is not for elsewhere; everything else to the library."""
    said = re.sub(r"\s+", " ", plain(question).lower()).strip()
    for rule in RULES:
        if _fires(rule, said):
            return Triage(rule.kind, rule.text, rule.id)
    return Triage("go")


def _fires(rule: Rule, said: str) -> bool:
    """All of its patterns are found, and none of its exceptions."""
    return all(pattern.search(said) for pattern in rule.patterns) and not any(p.search(said) for p in rule.exceptions)
