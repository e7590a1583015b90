"""Intervals for shares and their ratios, so that small numbers do not shout."""

import math
from dataclasses import dataclass

# The four-fifths rule and its mirror: outside this a group fares visibly worse or better.
LOWEST, HIGHEST = 0.8, 1.25
# Chance of a single false mark in a whole report: a hundred monthly reports should show none.
_FALSE_MARK = 0.001
Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with its 95 % interval."""

    of: int
    count: int
    low: float
    high: float

    @property
    def value(self) -> float | None:
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Ratio:
    """One group's share over that of all others."""

    value: float
    low: float
    high: float
    outside: bool  # of 0.8 to 1.25
    marked: bool  # outside, and too far for chance


def wilson(count: int, of: int, *, z: float = Z95) -> Share:
    """Wilson's interval, which stays within 0 and 1 and holds for small numbers."""
    if of == 0:
        return Share(of=0, count=0, low=0.0, high=1.0)
    share, square = count / of, z * z / of
    middle = (share + square / 2) / (1 + square)
    half = z * math.sqrt(share * (1 - share) / of + square / (4 * of)) / (1 + square)
    return Share(of=of, count=count, low=max(0.0, middle - half), high=min(1.0, middle + half))


def ratio(group: Share, others: Share, *, comparisons: int) -> Ratio | None:
    """The ratio of two shares; marked only where chance would hardly do that in any of the comparisons made."""
    if not group.of or not others.of or group.count + others.count == 0:
        return None
    # Half an event more on each side keeps a share of nothing from making an infinite ratio.
    a, b = (group.count + 0.5) / (group.of + 0.5), (others.count + 0.5) / (others.of + 0.5)
    spread = math.sqrt(
        max(
            1 / (group.count + 0.5) - 1 / (group.of + 0.5) + 1 / (others.count + 0.5) - 1 / (others.of + 0.5),
            0.0,
        )
    )
    log = math.log(a / b)
    outside = not LOWEST <= a / b <= HIGHEST
    return Ratio(
        value=a / b,
        low=math.exp(log - Z95 * spread),
        high=math.exp(log + Z95 * spread),
        outside=outside,
        marked=outside and chance(group, others) < _FALSE_MARK / max(1, comparisons),
    )


def chance(group: Share, others: Share) -> float:
    """How often two groups that fare alike differ so much or more: Fisher's exact test, both tails.

    Exact also where one group has no event at all, which an interval of the ratio's logarithm makes nothing of.
    """
    events, whole = group.count + others.count, group.of + others.of
    if not group.of or not others.of or events in (0, whole):
        return 1.0
    least, most = max(0, events - others.of), min(events, group.of)
    weights = [_log_ways(group.of, k) + _log_ways(others.of, events - k) for k in range(least, most + 1)]
    every = _log_ways(whole, events)
    at = group.count - least
    below = math.fsum(math.exp(w - every) for w in weights[: at + 1])
    above = math.fsum(math.exp(w - every) for w in weights[at:])
    return min(1.0, 2 * min(below, above))


def _log_ways(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)


def quantile(values: list[float], share: float) -> float | None:
    """The value below which this share of them lies."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
