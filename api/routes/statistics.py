"""What the record says about the service, drawn and as a document."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api.auth.accounts import names_of
from api.auth.tokens import Scope
from api.charts import bars, columns, forest
from api.consult_view import CHOICE_WORDS
from api.deps import Parts, ReadTx, allow
from api.pages import page
from api.review_filter import midnight
from cds.actors import Actor, Role
from cds.reasons import REASONS
from cds.review.listing import ReviewFilter
from cds.review.silences import silences
from cds.review.statistics import COHORTS, MEASURES, Statistics, statistics
from cds.review.statistics_json import statistics_to_json

router = APIRouter()

Auditor = Annotated[Actor, allow(Role.AUDITOR)]
Program = Annotated[Actor, allow(Role.AUDITOR, scope=Scope.AUDIT)]
Day = Annotated[date | None, Query()]
_MONTH = timedelta(days=30)
COHORT_WORDS = {"age_band": "Age", "sex": "Sex", "language": "Language", "specialty": "Specialty of who asked"}


@router.get("/statistics", include_in_schema=False)
def numbers(
    request: Request, actor: Auditor, services: Parts, tx: ReadTx, since: str = "", until: str = ""
) -> HTMLResponse:
    """What the record says, drawn."""
    first = midnight(since) or services.clock.now() - _MONTH
    found = statistics(tx, ReviewFilter(since=first, until=midnight(until)), now=services.clock.now())
    return page(
        request,
        "statistics.html",
        found=found,
        since=since or first.date().isoformat(),
        until=until,
        charts=_charts(found),
        cohorts=[(COHORT_WORDS[name], name, found.cohorts[name]) for name in COHORTS if name in found.cohorts],
        forests={
            (name, measure): forest(cells, measure) for name, cells in found.cohorts.items() for measure in MEASURES
        },
        measures=MEASURES,
        silences=silences(tx, since=first),
        names=names_of(tx, {one.by for one in found.fast}),
    )


@router.get("/api/v1/review/statistics", tags=["audit"], response_model=None)
def api_statistics(actor: Program, services: Parts, tx: ReadTx, since: Day = None, until: Day = None) -> dict[str, Any]:
    """What the record says."""
    where = ReviewFilter(since=midnight(since), until=midnight(until))
    return statistics_to_json(statistics(tx, where, now=services.clock.now()))


def _charts(found: Statistics) -> dict[str, Any]:
    reasons = {code: REASONS[code].label for code in found.reasons if code in REASONS}
    return {
        "days": columns(found.by_day, ("answered", "quoted", "abstained", "referred")),
        "withheld": bars(found.withheld),
        "warnings": bars(found.warnings),
        "decided": bars(found.decided, dict(CHOICE_WORDS)),
        "reasons": bars(found.reasons, reasons),
    }
