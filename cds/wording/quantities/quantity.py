"""One quantity of a sentence."""

from dataclasses import dataclass, field
from typing import Literal

Comparator = Literal["=", "<", "<=", ">", ">=", "range"]

# A dose's rate ("4 g a day") is kept as a frequency beside it; an infusion's rate stays part of its unit.
DOSE = frozenset(
    {
        "mass",
        "activity",
        "tablets",
        "capsules",
        "puffs",
        "drops",
        "sprays",
        "doses",
        "amount",
        "mass/mass",
        "activity/mass",
        "patches",
        "sachets",
        "amount/mass",
        "volume",
        "drinks",
        "cigarettes",
        "energy",
    }
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity: `low` to `high` in the base of its dimension, and as it was written."""

    low: float
    high: float
    comparator: Comparator
    dimension: str  # "" for a bare number; "rate" a frequency per day; "label:stage" a numbered name
    raw: tuple[float, ...]  # the numbers as written
    first: int  # tokens that make it up
    last: int
    decimals: int = 0
    about: bool = False
    soft: str = ""  # "limit", "threshold" or "target": words that make a bare number a bound
    counted: bool = False  # a number of things ("100 adults"), not of a measure
    tags: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_dose(self) -> bool:
        return self.dimension in DOSE or self.dimension in ("mass/days", "activity/days", "mass/mass/days")
