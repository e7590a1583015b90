"""This patient: what to be warned of, by rules a physician can read in `rules.csv`."""

from cds.safety.rules import Rule, rules
from cds.safety.warnings import forbidden, warnings_for

__all__ = ["Rule", "forbidden", "rules", "warnings_for"]
