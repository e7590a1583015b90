"""What the record says about the service: how much, how well, how fast, and for whom it does worse."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from cds.decisions import DECIDE_WITHIN
from cds.review.intervals import Ratio, Share, quantile, ratio, wilson
from cds.review.listing import ReviewFilter, conditions
from cds.tables_recommendations import decisions, recommendations, shown_warnings, withheld_statements

# Fewer than this could be recognised, and say nothing.
SMALLEST_CELL = 10
# An answer of two sentences with their sources takes longer to read.
FAST_SECONDS = 10.0
_EVERYTHING = ReviewFilter()
COHORTS = ("age_band", "sex", "language", "specialty")
MEASURES = {
    "withheld": "a statement was withheld",
    "abstained": "the library was silent",
    "overridden": "the physician overrode it (of those decided)",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One group of one cohort."""

    group: str
    number: int | None  # None: too few to show
    shares: dict[str, Share]
    ratios: dict[str, Ratio]

    @property
    def marked(self) -> bool:
        return any(found.marked for found in self.ratios.values())


@dataclass(frozen=True, slots=True)
class Period:
    """A model or an index generation, and when it answered."""

    name: str
    first: datetime
    last: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Fast:
    """Accepted faster than it can be read, although it stood on weak ground."""

    recommendation: str
    by: str
    seconds: float
    weak: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Everything the statistics page draws."""

    since: datetime | None
    until: datetime | None
    total: int
    by_status: dict[str, int]
    by_day: dict[str, dict[str, int]]
    withheld: dict[str, int]
    warnings: dict[str, int]
    decided: dict[str, int]
    reasons: dict[str, int]
    acceptance: Share
    decision_seconds: dict[str, float | None]
    latency_ms: dict[str, float | None]
    models: tuple[Period, ...]
    generations: tuple[Period, ...]
    cohorts: dict[str, tuple[Cell, ...]]
    fast: tuple[Fast, ...]

    @property
    def marks(self) -> list[tuple[str, str, str]]:
        """Every mark as cohort, group and measure."""
        return [
            (cohort, cell.group, measure)
            for cohort, cells in self.cohorts.items()
            for cell in cells
            for measure, found in cell.ratios.items()
            if found.marked
        ]


def statistics(tx: Connection, where: ReviewFilter = _EVERYTHING, *, now: datetime) -> Statistics:
    """Counted from the columns of the lists; no text is read."""
    names = ("id", "seq", "asked_at", "status", "model", "generation", "withheld", "weak", "milliseconds", *COHORTS)
    query = select(*(recommendations.c[name] for name in names)).where(*conditions(tx, where, now=now))
    shown = tx.execute(query.order_by(recommendations.c.seq)).mappings().all()
    wanted = query.with_only_columns(recommendations.c.seq).order_by(None).subquery()
    decided = _decided(tx, wanted)
    last = {row["shown_seq"]: row["choice"] for row in decided}
    choices = Counter(last.values())
    open_for = [row for row in shown if row["seq"] not in last]
    choices["not_decided"] = sum(now - row["asked_at"] >= DECIDE_WITHIN for row in open_for)
    choices["open"] = len(open_for) - choices["not_decided"]
    return Statistics(
        since=where.since,
        until=where.until,
        total=len(shown),
        by_status=dict(Counter(row["status"] for row in shown)),
        by_day=_by_day(shown),
        withheld=_summed(tx, withheld_statements, "failed", wanted),
        warnings=_summed(tx, shown_warnings, "kind", wanted),
        decided=dict(choices),
        reasons=dict(Counter(row["reason"] for row in decided if row["reason"]).most_common()),
        acceptance=wilson(sum(choice == "accepted" for choice in last.values()), len(last)),
        decision_seconds=_quantiles(row["seconds"] for row in decided),
        latency_ms=_quantiles(row["milliseconds"] for row in shown if row["milliseconds"] is not None),
        models=_periods(shown, "model"),
        generations=_periods(shown, "generation"),
        cohorts=cohorts(shown, last),
        fast=_fast(shown, decided),
    )


def cohorts(shown: Sequence[RowMapping], last: dict[int, str]) -> dict[str, tuple[Cell, ...]]:
    """Each group's shares beside those of all others in its cohort."""
    grouped = {name: _groups(shown, name) for name in COHORTS}
    visible = {name: _large_enough(groups) for name, groups in grouped.items()}
    comparisons = len(MEASURES) * sum(len(groups) for groups in visible.values() if len(groups) > 1)
    return {
        name: tuple(_cell(group, grouped[name], visible[name], last, comparisons) for group in sorted(grouped[name]))
        for name in COHORTS
        if grouped[name]
    }


def _groups(shown: Sequence[RowMapping], cohort: str) -> dict[str, list[RowMapping]]:
    groups: dict[str, list[RowMapping]] = defaultdict(list)
    for row in shown:
        if row[cohort] is not None:
            groups[row[cohort]].append(row)
    return groups


def _large_enough(groups: dict[str, list[RowMapping]]) -> frozenset[str]:
    """The groups that may be shown; one hidden alone could be told from the total, so a second is hidden with it."""
    sizes = sorted((len(rows), name) for name, rows in groups.items())
    hidden = [name for size, name in sizes if size < SMALLEST_CELL]
    if len(hidden) == 1 and len(sizes) > 1:
        hidden.append(next(name for _, name in sizes if name not in hidden))
    return frozenset(groups) - frozenset(hidden)


def _cell(
    group: str,
    groups: dict[str, list[RowMapping]],
    visible: frozenset[str],
    last: dict[int, str],
    comparisons: int,
) -> Cell:
    if group not in visible:
        return Cell(group=group, number=None, shares={}, ratios={})
    mine = groups[group]
    others = [row for name in visible - {group} for row in groups[name]]
    shares = {measure: _share(mine, measure, last) for measure in MEASURES}
    compared = {name: ratio(shares[name], _share(others, name, last), comparisons=comparisons) for name in MEASURES}
    ratios = {measure: found for measure, found in compared.items() if found is not None}
    return Cell(group=group, number=len(mine), shares=shares, ratios=ratios)


def _share(rows: Sequence[RowMapping], measure: str, last: dict[int, str]) -> Share:
    if measure == "overridden":
        decided = [last[row["seq"]] for row in rows if row["seq"] in last]
        return wilson(decided.count("overridden"), len(decided))
    if measure == "abstained":
        return wilson(sum(row["status"] == "abstained" for row in rows), len(rows))
    return wilson(sum(row["withheld"] > 0 for row in rows), len(rows))


def _decided(tx: Connection, wanted: Any) -> Sequence[RowMapping]:
    columns = [decisions.c[name] for name in ("recommendation", "shown_seq", "actor", "choice", "reason", "seconds")]
    query = select(*columns).join(wanted, wanted.c.seq == decisions.c.shown_seq).order_by(decisions.c.seq)
    return tx.execute(query).mappings().all()


def _summed(tx: Connection, table: Any, name: str, wanted: Any) -> dict[str, int]:
    number = func.sum(table.c.number)
    query = select(table.c[name], number).join(wanted, wanted.c.seq == table.c.seq).group_by(table.c[name])
    return {row[0]: int(row[1]) for row in tx.execute(query.order_by(number.desc(), table.c[name]))}


def _by_day(shown: Sequence[RowMapping]) -> dict[str, dict[str, int]]:
    days: dict[str, Counter[str]] = defaultdict(Counter)
    for row in shown:
        days[row["asked_at"].date().isoformat()][row["status"]] += 1
    return {day: dict(counted) for day, counted in sorted(days.items())}


def _quantiles(values: Iterable[float]) -> dict[str, float | None]:
    found = list(values)
    return {"p50": quantile(found, 0.5), "p90": quantile(found, 0.9), "p99": quantile(found, 0.99)}


def _periods(shown: Sequence[RowMapping], name: str) -> tuple[Period, ...]:
    found: dict[str, list[datetime]] = defaultdict(list)
    for row in shown:
        found[row[name] or "none"].append(row["asked_at"])
    made = (Period(name=key, first=min(at), last=max(at), number=len(at)) for key, at in found.items())
    return tuple(sorted(made, key=lambda period: period.first))


def _fast(shown: Sequence[RowMapping], decided: Sequence[RowMapping]) -> tuple[Fast, ...]:
    weak = {row["seq"]: row["weak"] for row in shown if row["weak"]}
    return tuple(
        Fast(recommendation=row["recommendation"], by=row["actor"], seconds=row["seconds"], weak=weak[row["shown_seq"]])
        for row in decided
        if row["choice"] == "accepted" and row["seconds"] < FAST_SECONDS and row["shown_seq"] in weak
    )
