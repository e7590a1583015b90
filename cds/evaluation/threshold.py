"""When to keep silent: the threshold under which a wrong answer is shown to at most a stated share of questions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Outcome:
    """One labelled question, answered without any threshold: how sure the service was, and whether it was wrong."""

    confidence: float  # below 0: nothing could be said, at any threshold
    wrong: bool  # what would be shown is not right: a question without an answer, or another passage than the right one


@dataclass(frozen=True, slots=True)
class Point:
    """What happens at one threshold: how many questions get an answer, and how many of all get a wrong one."""

    threshold: float
    coverage: float
    risk: float
    bound: float  # the risk is below this with confidence 1 - delta


@dataclass(frozen=True, slots=True)
class Choice:
    """The threshold that answers most while the bound holds; `coverage` 0 when no threshold does."""

    threshold: float
    alpha: float
    delta: float
    questions: int
    coverage: float
    risk: float
    bound: float


# A threshold above every confidence: nothing is answered.
NEVER = 1.01


def curve(outcomes: Sequence[Outcome], *, delta: float) -> tuple[Point, ...]:
    """Coverage and risk at every threshold that makes a difference, the strictest first."""
    count = len(outcomes)
    if not count:
        return ()
    ordered = sorted(outcomes, key=lambda one: -one.confidence)
    points: list[Point] = []
    shown = wrong = 0
    for at, one in enumerate(ordered):
        if one.confidence < 0:
            break
        shown += 1
        wrong += one.wrong
        if at + 1 < count and ordered[at + 1].confidence == one.confidence:
            continue  # a threshold cannot part equals
        points.append(Point(one.confidence, shown / count, wrong / count, upper_bound(wrong, count, delta=delta)))
    return tuple(points)


def choose(outcomes: Sequence[Outcome], *, alpha: float, delta: float) -> Choice:
    """The laxest threshold such that it and every stricter one keep the risk's upper bound at or below alpha.

    The risk can only grow as the threshold falls, so stopping at the first that fails keeps the promise with
    confidence 1 - delta for the threshold chosen, although it was chosen on the same questions.
    """
    best = Point(NEVER, 0.0, 0.0, upper_bound(0, len(outcomes), delta=delta) if outcomes else 1.0)
    for point in curve(outcomes, delta=delta):
        if point.bound > alpha:
            break
        best = point
    return Choice(best.threshold, alpha, delta, len(outcomes), best.coverage, best.risk, best.bound)


@lru_cache(maxsize=10_000)
def upper_bound(wrong: int, count: int, *, delta: float) -> float:
    """The largest share that `wrong` of `count` is still consistent with, at confidence 1 - delta (Clopper-Pearson)."""
    if wrong >= count:
        return 1.0
    low, high = wrong / count, 1.0
    for _ in range(60):  # halving: past the precision of a float
        middle = (low + high) / 2
        if _at_most(wrong, count, middle) > delta:
            low = middle
        else:
            high = middle
    return high


def _at_most(wrong: int, count: int, share: float) -> float:
    """The chance of `wrong` or fewer among `count` when each is wrong with this probability."""
    if share <= 0.0:
        return 1.0
    if share >= 1.0:
        return 0.0
    log_yes, log_no = math.log(share), math.log1p(-share)
    terms = [
        math.lgamma(count + 1) - math.lgamma(k + 1) - math.lgamma(count - k + 1) + k * log_yes + (count - k) * log_no
        for k in range(wrong + 1)
    ]
    largest = max(terms)
    return math.exp(largest) * sum(math.exp(term - largest) for term in terms)
