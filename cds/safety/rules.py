"""The table of safety rules: read once, and refused when a line says something nothing can check."""

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from cds.errors import InvalidInput
from cds.medicines import known_classes, medicine

Severity = Literal["stop", "caution"]
KINDS = (
    "allergy",
    "interaction",
    "duplication",
    "renal",
    "hepatic",
    "pregnancy",
    "lactation",
    "age",
    "qt",
    "condition",
)
_MEASURES = ("egfr", "potassium", "qtc", "age", "sbp")
_STATES = ("pregnant", "breastfeeding", "could-be-pregnant", "liver", "severe-liver")
_COMPARISON = re.compile(rf"^({'|'.join(_MEASURES)})(>=|<=|<|>)(\d+(?:\.\d+)?)$")


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing a rule asks of the chart: `egfr<30`, `pregnant`, `medicine:warfarin`, `condition:asthma`."""

    what: str  # a measure, a state, or one of allergy, duplicate, medicine, condition
    name: str = ""  # of the allergy, class, medicine or condition
    comparator: str = ""
    value: float = 0.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table."""

    id: str
    kind: str
    severity: Severity
    medicines: tuple[str, ...]  # names and classes; empty: any medicine
    excluded: tuple[str, ...]
    against: tuple[tuple[Condition, ...], ...]  # any of these, each all of its parts
    text: str
    reference: str


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of the table."""
    lines = files("cds.safety").joinpath("rules.csv").read_text(encoding="utf-8").splitlines()
    return tuple(_rule(row) for row in csv.DictReader(lines))


def _rule(row: dict[str, str]) -> Rule:
    if row["kind"] not in KINDS or row["severity"] not in ("stop", "caution"):
        raise InvalidInput(f"safety rule {row['id']}: unknown kind or severity")
    medicines = () if row["medicines"] == "any" else _names(row["medicines"], row["id"])
    against = tuple(
        tuple(_condition(part.strip(), row["id"]) for part in either.split(" and "))
        for either in row["against"].split(" or ")
    )
    severity: Severity = "stop" if row["severity"] == "stop" else "caution"
    excluded = _names(row["except"], row["id"]) if row["except"] else ()
    return Rule(row["id"], row["kind"], severity, medicines, excluded, against, row["text"], row["reference"])


def _names(cell: str, rule: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in cell.split(" or "))
    for name in names:
        if medicine(name) is None and name not in known_classes():
            raise InvalidInput(f"safety rule {rule}: the lexicon knows no medicine or class “{name}”")
    return names


def _condition(text: str, rule: str) -> Condition:
    if match := _COMPARISON.match(text):
        return Condition(match[1], comparator=match[2], value=float(match[3]))
    if text in _STATES:
        return Condition(text)
    what, _, name = text.partition(":")
    if what in ("allergy", "duplicate", "medicine") and name not in ("same", "ingredient"):
        _names(name, rule)
    elif what != "condition" and name not in ("same", "ingredient"):
        raise InvalidInput(f"safety rule {rule}: nothing can check “{text}”")
    return Condition(what, name)
