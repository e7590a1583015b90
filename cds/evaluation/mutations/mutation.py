"""One false claim."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    """A false claim, with the kind of change that made it false."""

    kind: str
    claim: str
