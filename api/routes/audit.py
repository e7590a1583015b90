"""The audit log for auditors: its entries, the proof of one, verifying, taking it away."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query, Request
from starlette.responses import HTMLResponse, StreamingResponse

from api.auth.accounts import names_of
from api.auth.tokens import Scope
from api.deps import Parts, ReadTx, allow
from api.pages import page
from api.services import Services
from cds.actors import Actor, Role
from cds.audit.checkpoints import FOLDER, PUBLIC_FILE, newest_size, verifier_key
from cds.audit.export import FORMATS, export_entries
from cds.audit.listing import Entry, EntryFilter, get_entry, kinds_used, list_entries, proof_of
from cds.audit.verify import Report, verify
from cds.errors import InvalidInput

router = APIRouter()

Reader = Annotated[Actor, allow(Role.AUDITOR, Role.ADMINISTRATOR)]
Program = Annotated[Actor, allow(Role.AUDITOR, scope=Scope.AUDIT)]
Name = Annotated[str, Query(max_length=200)]
_A_PAGE = 50
_FILES = {
    "jsonl": ("application/jsonl", "jsonl"),
    "csv": ("text/csv", "csv"),
    "fhir": ("application/fhir+ndjson", "ndjson"),
}
# A proof reads every leaf; past this many entries the command line does it.
_PROVED_HERE = 200_000


@router.get("/audit", include_in_schema=False)
def entries(
    request: Request,
    actor: Reader,
    tx: ReadTx,
    kind: Name = "",
    by: Name = "",
    about: Name = "",
    since: Name = "",
    until: Name = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> HTMLResponse:
    """The log, newest first."""
    where = _where(kind, by, about, since, until)
    found, following = list_entries(tx, where, before=before, limit=_A_PAGE)
    return page(
        request,
        "audit.html",
        entries=found,
        following=following,
        kinds=kinds_used(tx),
        where=where,
        names=names_of(tx, {entry.actor for entry in found if entry.actor}),
        query=_query(kind=kind, by=by, about=about, since=since, until=until),
    )


@router.get("/audit/{seq}", include_in_schema=False)
def entry(request: Request, actor: Reader, tx: ReadTx, seq: Annotated[int, Path(ge=1)]) -> HTMLResponse:
    """One entry as it was written, with its place in the tree."""
    found = get_entry(tx, seq)
    newest, _ = list_entries(tx, limit=1)
    proof = proof_of(tx, seq) if newest[0].seq <= _PROVED_HERE else None
    return page(request, "audit_entry.html", entry=found, proof=proof, names=names_of(tx, {found.actor or ""}))


@router.post("/audit/verify", include_in_schema=False)
def verify_now(request: Request, actor: Reader, services: Parts, tx: ReadTx) -> HTMLResponse:
    """Check the whole log now."""
    return page(request, "audit_verified.html", report=_verified(services, tx))


@router.post("/audit/export", include_in_schema=False)
def export(
    actor: Reader,
    services: Parts,
    as_: Annotated[str, Form(alias="format", max_length=10)] = "jsonl",
    kind: Annotated[str, Form(max_length=64)] = "",
    by: Annotated[str, Form(max_length=200)] = "",
    about: Annotated[str, Form(max_length=200)] = "",
    since: Annotated[str, Form(max_length=40)] = "",
    until: Annotated[str, Form(max_length=40)] = "",
) -> StreamingResponse:
    """The entries as a file; that they were taken is recorded first."""
    if as_ not in FORMATS:
        raise InvalidInput(f"The formats are {', '.join(FORMATS)}.", code="unknown_format")
    with services.db.transaction() as tx:
        services.log.append(tx, kind="audit.exported", actor=actor, subject="audit_log", details={"format": as_})
    media, ending = _FILES[as_]
    headers = {"content-disposition": f'attachment; filename="audit-log.{ending}"'}
    return StreamingResponse(_pieces(services, _where(kind, by, about, since, until), as_), 200, headers, media)


@router.get("/api/v1/audit/entries", tags=["audit"], response_model=None)
def api_entries(
    actor: Program,
    tx: ReadTx,
    kind: Name = "",
    by: Name = "",
    about: Name = "",
    since: Name = "",
    until: Name = "",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> dict[str, Any]:
    """Entries, newest first; `before` is where the next page starts."""
    found, following = list_entries(tx, _where(kind, by, about, since, until), before=before, limit=limit)
    return {"entries": [one.to_json() for one in found], "before": following}


@router.get("/api/v1/audit/entries/{seq}", tags=["audit"], response_model=None)
def api_entry(actor: Program, tx: ReadTx, seq: Annotated[int, Path(ge=1, le=2**53)]) -> dict[str, Any]:
    """One entry."""
    found: Entry = get_entry(tx, seq)
    return found.to_json()


@router.get("/api/v1/audit/verification", tags=["audit"], response_model=None)
def api_verify(actor: Program, services: Parts, tx: ReadTx) -> dict[str, Any]:
    """Whether anything was altered, and if so which entry first."""
    return _verified(services, tx).to_json()


def _verified(services: Services, tx: Any) -> Report:
    """Against the checkpoints held furthest away."""
    data, second = services.settings.data, services.settings.checkpoints
    folder = next((path for path in (second, data / FOLDER) if path and newest_size(path)), None)
    return verify(tx, checkpoints=folder, key=verifier_key(data / PUBLIC_FILE) if folder else None)


def _pieces(services: Services, where: EntryFilter, as_: str) -> Iterator[str]:
    with services.db.reading() as tx:
        yield from export_entries(tx, where, as_=as_)


def _where(kind: str, by: str, about: str, since: str, until: str) -> EntryFilter:
    return EntryFilter(
        kind=kind or None, actor=by or None, subject=about or None, since=since or None, until=until or None
    )


def _query(**given: str) -> dict[str, str]:
    return {name: value for name, value in given.items() if value}
