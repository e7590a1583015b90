"""Statistics as a document."""

from typing import Any

from cds.review.intervals import Ratio, Share
from cds.review.statistics import Period, Statistics


def statistics_to_json(found: Statistics) -> dict[str, Any]:
    """What the statistics page draws, for other tools."""
    return {
        "since": found.since,
        "until": found.until,
        "total": found.total,
        "by_status": found.by_status,
        "by_day": found.by_day,
        "withheld": found.withheld,
        "warnings": found.warnings,
        "decided": found.decided,
        "reasons": found.reasons,
        "acceptance": _share(found.acceptance),
        "decision_seconds": found.decision_seconds,
        "latency_ms": found.latency_ms,
        "models": [_period(period) for period in found.models],
        "generations": [_period(period) for period in found.generations],
        "cohorts": {
            name: [
                {
                    "group": cell.group,
                    "number": cell.number,
                    "marked": cell.marked,
                    "shares": {measure: _share(share) for measure, share in cell.shares.items()},
                    "ratios": {measure: _ratio(ratio) for measure, ratio in cell.ratios.items()},
                }
                for cell in cells
            ]
            for name, cells in found.cohorts.items()
        },
        "marks": [{"cohort": cohort, "group": group, "measure": measure} for cohort, group, measure in found.marks],
        "fast": [
            {"recommendation": one.recommendation, "by": one.by, "seconds": one.seconds, "weak": one.weak}
            for one in found.fast
        ],
    }


def _share(share: Share) -> dict[str, Any]:
    return {"of": share.of, "count": share.count, "value": share.value, "low": share.low, "high": share.high}


def _ratio(ratio: Ratio) -> dict[str, Any]:
    return {
        "value": ratio.value,
        "low": ratio.low,
        "high": ratio.high,
        "outside": ratio.outside,
        "marked": ratio.marked,
    }


def _period(period: Period) -> dict[str, Any]:
    return {"name": period.name, "first": period.first, "last": period.last, "number": period.number}
