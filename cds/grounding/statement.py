"""What is checked and what the checks say: a drafted statement, the sentences it cites, and the outcome."""

from dataclasses import dataclass

from cds.evidence import Kind
from cds.recommendation import CheckResult, StatementKind, Verdict


@dataclass(frozen=True, slots=True)
class DraftStatement:
    """One sentence a model (or the quoting stand-in) proposes, with the ids of the sentences it says it rests on."""

    text: str
    kind: StatementKind
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """One cited sentence as the database has it, with what the page around it says of whom it is about."""

    id: str
    text: str
    kind: Kind = "guideline"
    section: tuple[str, ...] = ()
    population: str | None = None
    title: str = ""
    before: str = ""  # the rest of the passage before it: what "it" and "they" refer to, and the lead-in of a list


@dataclass(frozen=True, slots=True)
class Grounded:
    """The outcome for one statement: shown only when the verdict is `supported`."""

    verdict: Verdict
    results: tuple[CheckResult, ...]

    @property
    def failed(self) -> CheckResult | None:
        """The failure that decided, or None."""
        failures = [r for r in self.results if r.outcome == "fail"]
        decisive = [r for r in failures if r.verdict == self.verdict]
        return next(iter(decisive or failures), None)
