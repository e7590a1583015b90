"""Review for auditors: finding recommendations by anything but their text, keeping a search, taking the list away."""

from collections.abc import Iterator
from pathlib import Path as FilePath
from shutil import make_archive
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, Response, StreamingResponse

from api.auth.accounts import names_of
from api.auth.tokens import Scope
from api.consult_view import STATUS_WORDS
from api.deps import Parts, ReadTx, WriteTx, allow
from api.pages import go_to, page
from api.review_filter import WantedAgain, WantedFile, WantedPage
from api.services import Services
from api.training_pairs import training_pairs
from cds.actors import Actor, Role
from cds.errors import InvalidInput
from cds.reasons import REASONS
from cds.review.export import FILES, export_recommendations
from cds.review.listing import list_for_review, values_used
from cds.review.notes import MARKS, agreement
from cds.review.saved import forget_filter, save_filter, saved_by
from cds.review.seismometer import write_seismometer

router = APIRouter()

Auditor = Annotated[Actor, allow(Role.AUDITOR)]
Program = Annotated[Actor, allow(Role.AUDITOR, scope=Scope.AUDIT)]
_STATES = {"accepted", "modified", "overridden", "deferred", "not_decided"}
_USED = ("status", "model", "document", "reason", "warning", "failed", "age_band", "sex", "language", "specialty")


@router.get("/review", include_in_schema=False)
def recommendations(
    request: Request, actor: Auditor, services: Parts, tx: ReadTx, wanted: Annotated[WantedPage, Query()]
) -> HTMLResponse:
    """Recommendations by anything but their text."""
    where = wanted.filter()
    found = list_for_review(tx, where, now=services.clock.now(), before=wanted.before, limit=wanted.limit)
    return page(
        request,
        "review.html",
        found=found,
        where=wanted,
        query=wanted.given(),
        saved=saved_by(tx, actor),
        names=names_of(tx, {row.asked_by for row in found.rows}),
        choices=_choices(tx),
        reasons={code: reason.label for code, reason in REASONS.items()},
        status_words=STATUS_WORDS,
        agreement=agreement(tx),
        training=services.settings.training_export,
    )


@router.post("/review/filters", include_in_schema=False)
def keep_filter(
    request: Request, actor: Auditor, services: Parts, tx: WriteTx, wanted: Annotated[WantedAgain, Form()]
) -> Response:
    """Keep what was filled in under a name."""
    wanted.filter()  # what cannot be searched for is not kept
    save_filter(tx, actor, wanted.name, wanted.given(), log=services.log, clock=services.clock)
    return go_to(request, "/review")


@router.post("/review/filters/{filter_id}/remove", include_in_schema=False)
def remove_filter(
    request: Request, actor: Auditor, services: Parts, tx: WriteTx, filter_id: Annotated[str, Path(max_length=64)]
) -> Response:
    """Let a kept search go."""
    forget_filter(tx, actor, filter_id, log=services.log)
    return go_to(request, "/review")


@router.post("/review/export", include_in_schema=False)
def export(actor: Auditor, services: Parts, wanted: Annotated[WantedFile, Form()]) -> StreamingResponse:
    """What the list holds as a file, without any text; that it was taken is recorded first."""
    if wanted.format == "training":
        pairs = training_pairs(services, wanted.filter(), actor=actor)
        return StreamingResponse(pairs, 200, _attached("training-pairs.jsonl"), "application/jsonl")
    if wanted.format not in FILES:
        raise InvalidInput(f"The formats are {', '.join(FILES)}.", code="unknown_format")
    wanted.filter()
    with services.db.transaction() as tx:
        details = {"format": wanted.format, "given": sorted(wanted.given())}
        services.log.append(tx, kind="review.exported", actor=actor, subject="recommendations", details=details)
    media, ending = FILES[wanted.format]
    pieces = _archive(services, wanted) if wanted.format == "seismometer" else _pieces(services, wanted)
    return StreamingResponse(pieces, 200, _attached(f"recommendations.{ending}"), media)


@router.get("/api/v1/review/recommendations", tags=["audit"], response_model=None)
def api_list(actor: Program, services: Parts, tx: ReadTx, wanted: Annotated[WantedPage, Query()]) -> dict[str, Any]:
    """Recommendations without their text, newest first."""
    now = services.clock.now()
    found = list_for_review(tx, wanted.filter(), now=now, before=wanted.before, limit=wanted.limit)
    return {"recommendations": found.rows, "before": found.before}


def _attached(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


def _pieces(services: Services, wanted: WantedFile) -> Iterator[str]:
    with services.db.reading() as tx:
        now = services.clock.now()
        yield from export_recommendations(tx, wanted.filter(), as_=wanted.format, now=now)


def _archive(services: Services, wanted: WantedFile) -> Iterator[bytes]:
    """A folder for seismometer, packed: written aside first, since its configuration names what the tables hold."""
    with TemporaryDirectory() as aside:
        with services.db.reading() as tx:
            write_seismometer(tx, wanted.filter(), FilePath(aside, "recommendations"), now=services.clock.now())
        packed = FilePath(make_archive(f"{aside}/packed", "zip", aside, "recommendations"))
        with packed.open("rb") as file:
            while piece := file.read(1 << 16):
                yield piece


def _choices(tx: Connection) -> dict[str, Any]:
    used = {name: values_used(tx, name) for name in _USED}
    return used | {"decision": sorted(_STATES), "mark": list(MARKS)}
