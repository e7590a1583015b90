"""When to keep silent: the thresholds chosen from labelled questions, and for what they were chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_SHIPPED = Path(__file__).parent / "policy.yaml"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Below `relevance` the service says that the library does not answer; chosen for exactly these parts."""

    relevance: float
    alpha: float  # the share of shown answers that may be wrong
    delta: float  # how often that promise may fail for an unlucky choice of questions
    questions: int  # how many labelled questions it was chosen from
    embedder: str | None
    model: str | None  # digest; None: quoting without a model
    prompt: str | None  # sha256
    source: str  # where the questions came from


@dataclass(frozen=True, slots=True)
class Policy:
    """The thresholds a site has; an answer of parts that none was chosen for gets the strictest one."""

    thresholds: tuple[Threshold, ...]
    otherwise: float

    def threshold(self, *, embedder: str | None, model: str | None, prompt: str | None) -> tuple[float, bool]:
        """The least relevance at which to answer, and whether it was chosen for these very parts."""
        for one in self.thresholds:
            if (one.embedder, one.model, one.prompt) == (embedder, model, prompt):
                return one.relevance, True
        return max([self.otherwise, *(one.relevance for one in self.thresholds)]), False


def read_policy(paths: Sequence[Path]) -> Policy:
    """The thresholds of these files, the first that fits counting."""
    found: list[Threshold] = []
    otherwise = 0.0
    for path in paths:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        otherwise = max(otherwise, float(content["otherwise"]))
        found += [Threshold(**one) for one in content["thresholds"]]
    return Policy(tuple(found), otherwise)


@cache
def shipped_policy() -> Policy:
    """What comes with the sample library."""
    return read_policy([_SHIPPED])
