"""The guideline library: what is in it, what comes in, what becomes of an edition."""

from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from sqlalchemy import Connection
from starlette.responses import HTMLResponse, JSONResponse, Response

from api.auth.tokens import Scope
from api.deps import Parts, ReadTx, allow, everyone
from api.library_changes import ENDINGS, NOT_CONFIRMED, change_of, replaced_by
from api.library_jobs import LibraryJobs
from api.library_view import edition_json, notes_of
from api.pages import go_to, page
from api.services import Services
from cds.actors import Actor, Role
from cds.errors import Conflict, InvalidInput, NotFound
from knowledge.editions import FIELDS, Edition
from knowledge.refusals import refused_files

router = APIRouter()

Anyone = Annotated[Actor, everyone()]
AnyoneOrToken = Annotated[Actor, everyone(scope=Scope.LIBRARY)]
Librarian = Annotated[Actor, allow(Role.LIBRARIAN)]
LibrarianOrToken = Annotated[Actor, allow(Role.LIBRARIAN, scope=Scope.LIBRARY)]
Recaller = Annotated[Actor, allow(Role.LIBRARIAN, Role.AUDITOR)]
RecallerOrToken = Annotated[Actor, allow(Role.LIBRARIAN, Role.AUDITOR, scope=Scope.LIBRARY)]

# A folder of guidelines dropped on the page; a whole library is loaded on the command line.
_MOST_FILES = 200
_CHUNK = 1 << 20


def get_jobs(request: Request, services: Parts) -> LibraryJobs:
    """The loads of this service."""
    state = request.app.state
    if not hasattr(state, "library_jobs"):
        state.library_jobs = LibraryJobs(services)
    jobs: LibraryJobs = state.library_jobs
    return jobs


Jobs = Annotated[LibraryJobs, Depends(get_jobs)]


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/library", include_in_schema=False)
def library(request: Request, actor: Anyone, services: Parts, tx: ReadTx, jobs: Jobs) -> HTMLResponse:
    """Every document with its editions; for the librarian, what comes in and what was refused."""
    manages = actor.is_a(Role.LIBRARIAN)
    return page(
        request,
        "library.html",
        documents=_by_document(services.library.editions(tx)),
        manages=manages,
        refused=refused_files(tx) if manages else (),
        job=jobs.latest() if manages else None,
    )


@router.get("/library/{document}", include_in_schema=False)
def library_document(document: str, request: Request, actor: Anyone, services: Parts, tx: ReadTx) -> HTMLResponse:
    """One document: its editions and what each says it is."""
    return page(
        request,
        "library_document.html",
        document=document,
        editions=services.library.editions_named(tx, document),
        fields=FIELDS[1:],
        recalls=not actor.roles.isdisjoint({Role.LIBRARIAN, Role.AUDITOR}),
    )


@router.get("/library/editions/{edition}", include_in_schema=False)
def library_edition(edition: str, request: Request, actor: Anyone, services: Parts, tx: ReadTx) -> HTMLResponse:
    """One edition: its passages, page by page, and what the librarian should look at."""
    found = services.library.edition(tx, edition)
    return page(
        request,
        "library_edition.html",
        edition=found,
        passages=services.library.passages_of(tx, edition),
        fields=FIELDS[1:],
        manages=actor.is_a(Role.LIBRARIAN),
        notes=notes_of(found),
        replaced=(replaced := replaced_by(services, tx, found)),
        affected=sum(len(services.library.affected(tx, one.id)) for one in replaced or [found]),
    )


@router.get("/library/editions/{edition}/{change}", include_in_schema=False)
def confirm_change(
    edition: str, change: str, request: Request, actor: Librarian, services: Parts, tx: ReadTx
) -> HTMLResponse:
    """How long the recall list is, before an edition is superseded or retracted."""
    return _confirmation(request, services, tx, edition, change)


@router.get("/library/{document}/affected", include_in_schema=False)
def library_affected(document: str, request: Request, actor: Recaller, services: Parts, tx: ReadTx) -> HTMLResponse:
    """The recall list: past recommendations that rest on a document."""
    return page(
        request,
        "library_affected.html",
        document=document,
        title=services.library.editions_named(tx, document)[0].title,
        affected=services.library.affected(tx, document),
    )


@router.post("/library/upload", include_in_schema=False)
def upload(
    request: Request,
    actor: Librarian,
    jobs: Jobs,
    files: Annotated[list[UploadFile], File()],
    publish: Annotated[bool, Form()] = False,
) -> Response:
    """Take in the files that were chosen or dropped."""
    _start(jobs, files, publish=publish, actor=actor)
    return go_to(request, "/library")


@router.get("/library/loads/{job}", include_in_schema=False)
def progress(job: str, actor: Librarian, jobs: Jobs) -> JSONResponse:
    """How far a load is."""
    return JSONResponse(_job(jobs.get(job)))


@router.post("/library/editions/{edition}/{change}", include_in_schema=False)
def change_edition(
    edition: str,
    change: str,
    request: Request,
    actor: Librarian,
    services: Parts,
    reason: Annotated[str, Form(max_length=500)] = "",
    affected: Annotated[int | None, Form(ge=0)] = None,
) -> Response:
    """Publish, supersede, retract or discard an edition; what ends one is confirmed by the recall list's length."""
    with services.db.reading() as tx:
        document = services.library.edition(tx, edition).document
    try:
        change_of(services, edition, change, actor=actor, why=reason.strip() or None, affected=affected)
    except Conflict as conflict:
        if conflict.code != NOT_CONFIRMED:
            raise
        with services.db.reading() as tx:
            return _confirmation(request, services, tx, edition, change, reason=reason, moved=affected is not None)
    return go_to(request, "/library" if change == "discard" else f"/library/{document}")


# ── API ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/api/v1/library")
def list_library(actor: AnyoneOrToken, services: Parts, tx: ReadTx) -> dict[str, Any]:
    """Every edition of every document, and the files that were refused."""
    on = services.clock.now().date()
    refused = [{"path": one.file, "code": one.code, "reason": one.reason} for one in refused_files(tx)]
    return {"documents": [edition_json(one, on) for one in services.library.editions(tx)], "refused": refused}


@router.get("/api/v1/library/{document}")
def show_document(document: str, actor: AnyoneOrToken, services: Parts, tx: ReadTx) -> dict[str, Any]:
    """One document's editions."""
    on = services.clock.now().date()
    found = services.library.editions_named(tx, document)
    return {"document": found[0].document, "editions": [edition_json(one, on) for one in found]}


@router.get("/api/v1/library/{document}/affected")
def show_affected(document: str, actor: RecallerOrToken, services: Parts, tx: ReadTx) -> dict[str, Any]:
    """The recall list of a document or edition."""
    return {"name": document, "affected": services.library.affected(tx, document)}


@router.post("/api/v1/library/loads", status_code=202)
def load_files(
    actor: LibrarianOrToken,
    jobs: Jobs,
    files: Annotated[list[UploadFile], File()],
    publish: Annotated[bool, Form()] = False,
) -> dict[str, Any]:
    """Take in files; the answer names the load to ask about."""
    return _job(_start(jobs, files, publish=publish, actor=actor))


@router.get("/api/v1/library/loads/{job}")
def show_load(job: str, actor: LibrarianOrToken, jobs: Jobs) -> dict[str, Any]:
    """How far a load is, and what it did."""
    return _job(jobs.get(job))


@router.post("/api/v1/library/editions/{edition}/{change}")
def change_edition_api(
    edition: str,
    change: str,
    actor: LibrarianOrToken,
    services: Parts,
    reason: Annotated[str, Form(max_length=500)] = "",
    affected: Annotated[int | None, Form(ge=0)] = None,
) -> dict[str, Any]:
    """Publish, supersede, retract or discard an edition; what it superseded is listed.

    Superseding and retracting want `affected`, the length of the recall list, and say it when it is not right."""
    return {change: change_of(services, edition, change, actor=actor, why=reason.strip() or None, affected=affected)}


# ── what they share ──────────────────────────────────────────────────────────────────────────────────────────────────


def _by_document(editions: tuple[Edition, ...]) -> list[tuple[Edition, list[Edition]]]:
    """Each document's edition to show first, with the others."""
    grouped: dict[str, list[Edition]] = {}
    for one in editions:
        grouped.setdefault(one.document, []).append(one)
    found = []
    for several in grouped.values():
        first = next((one for one in several if one.state == "published"), several[0])
        found.append((first, [one for one in several if one is not first]))
    return found


def _start(jobs: LibraryJobs, files: list[UploadFile], *, publish: bool, actor: Actor) -> Any:
    if not files or len(files) > _MOST_FILES:
        raise InvalidInput(f"Send between one and {_MOST_FILES} files; load a whole library on the command line.")
    folder = jobs.new_folder()
    for file in files:
        # Only the last part of the name: a name with folders in it would be written elsewhere.
        name = PurePosixPath((file.filename or "").replace("\\", "/")).name.lstrip(".") or "document"
        place = _free_place(folder, name[-200:])
        with place.open("wb") as out:
            while chunk := file.file.read(_CHUNK):
                out.write(chunk)
    return jobs.start(folder, publish=publish, actor=actor)


def _free_place(folder: Path, name: str) -> Path:
    """Where a file is put: two of one name, from two folders, are two, each beside what describes it."""
    for number in range(1, _MOST_FILES + 1):
        within = folder if number == 1 else folder / str(number)
        if not (within / name).exists():
            break
    within.mkdir(exist_ok=True)
    return within / name


def _confirmation(
    request: Request,
    services: Services,
    tx: Connection,
    edition: str,
    change: str,
    *,
    reason: str = "",
    moved: bool = False,
) -> HTMLResponse:
    if change not in ENDINGS:
        raise NotFound("There is no such page.")
    affected = services.library.affected(tx, edition)
    return page(
        request,
        "library_confirm.html",
        status_code=409 if moved else 200,
        edition=services.library.edition(tx, edition),
        change=change,
        affected=affected,
        decided=sum(1 for one in affected if one.decisions),
        reason=reason,
        moved=moved,
    )


def _job(job: Any) -> dict[str, Any]:
    return {
        "id": job.id,
        "stage": job.stage,
        "done": job.done,
        "total": job.total,
        "running": job.running,
        "report": job.report,
        "error": job.error,
    }
