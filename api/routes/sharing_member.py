"""The patient's side of a shared session: join, read what was released, weigh, ask, agree, leave."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from api.auth.identity import SECURE_COOKIE, cookie_name
from api.deps import Parts, anyone
from api.pages import go_to, page
from api.services import Services
from api.sharing_hub import event_stream, first_number, hub_of
from api.sharing_pdf import pdf_of
from api.sharing_public import patient_values
from api.sharing_words import language_of, why_refused, words
from cds.clock import today
from cds.errors import CdsError, Conflict, InvalidInput, NotFound
from cds.sharing import editing, joining, members, talking
from cds.sharing.events import Event, read_events
from cds.sharing.instruments import COLLABORATE, COLLABORATE_TOP, IMPORTANCE, SURE
from cds.sharing.members import Member
from cds.sharing.public import outcomes_of
from cds.sharing.sessions import Hand
from cds.sharing.state import Shared, fold

router = APIRouter(include_in_schema=False, dependencies=[anyone()])
# The sender's own name for what it sends, so that a phone that woke up may send again.
Once = Annotated[str | None, Form(max_length=64, pattern=r"^[\w-]+$")]
Text = Annotated[str, Form(max_length=4000)]


@router.get("/join")
def join_page(request: Request) -> HTMLResponse:
    """Where the code is typed."""
    return _join_page(request)


@router.post("/join")
def join(request: Request, services: Parts, code: Annotated[str, Form(max_length=40)] = "") -> Response:
    """The code in, a place in the waiting room out."""
    name = _cookie(request)  # refuses plain HTTP from elsewhere before the code is looked at
    address = request.client.host if request.client else ""
    language = language_of(request)
    try:
        secret, member = joining.join(
            services.db, code, address=address, clock=services.clock, log=services.log, language=language
        )
    except CdsError as wrong:
        status = 429 if wrong.code == "too_many_attempts" else 422
        return _join_page(request, wrong, status)
    hub_of(request.app).wake(member.session.id)
    answer = go_to(request, "/shared")
    answer.set_cookie(
        name,
        secret,
        max_age=int(members.LONGEST.total_seconds()),
        path="/",
        httponly=True,
        secure=name.startswith(SECURE_COOKIE),
        samesite="strict",
    )
    return answer


@router.get("/shared")
def shared(request: Request, services: Parts) -> Response:
    """The patient's page, or the waiting room."""
    try:
        values = _values(request, services)
    except NotFound as closed:
        return _join_page(request, None if closed.code == "no_session" else closed, 404)
    return page(request, "sharing/patient.html", **values)


@router.get("/shared/live")
def live(request: Request, services: Parts) -> HTMLResponse:
    """The parts of the page that change, as they are now."""
    return page(request, "sharing/patient_parts.html", **_values(request, services))


@router.get("/shared/print")
def printed(request: Request, services: Parts) -> HTMLResponse:
    """What to take home."""
    values = _values(request, services)
    if values["member"].state != "confirmed":
        raise _gone()
    return page(request, "sharing/take_home.html", **values, on=today(services.clock), home="/shared")


@router.get("/shared/print.pdf")
def printed_as_pdf(request: Request, services: Parts) -> Response:
    """The same as a file, made here."""
    values = _values(request, services)
    if values["member"].state != "confirmed":
        raise _gone()
    return pdf_of(values["shared"], values["language"], services)


@router.get("/shared/events")
def events(request: Request, services: Parts, after: Annotated[int, Query(ge=0)] = 0) -> Response:
    """What happens that the patient may know of, as it happens."""
    member = _member(request, services)

    def read(last: int) -> tuple[Event, ...]:
        now = _member(request, services)
        if now.state != "confirmed":  # the waiting room hears nothing until the door opens
            return ()
        with services.db.reading() as tx:
            return read_events(tx, now.session.id, audience="both", after=last)

    return event_stream(request, member.session.id, read, after=first_number(request, after), audience="both")


@router.post("/shared/questions")
def ask(request: Request, services: Parts, text: Text = "", once: Once = None) -> Response:
    """A question for the physician."""
    with _writing(request, services) as hand:
        talking.ask(hand, text, once=once)
    return _done(request)


@router.post("/shared/notes")
def note(request: Request, services: Parts, text: Text = "", once: Once = None) -> Response:
    """What worries the patient, or should be known."""
    with _writing(request, services) as hand:
        talking.note(hand, text, once=once)
    return _done(request)


@router.post("/shared/ratings")
def rate(
    request: Request,
    services: Parts,
    outcome: Annotated[str, Form(max_length=64)] = "",
    rating: Annotated[int | None, Form(ge=0, le=len(IMPORTANCE) - 1)] = None,
    once: Once = None,
) -> Response:
    """How much an outcome matters."""
    if rating is None:
        raise InvalidInput("Choose how much this matters to you.", code="nothing_chosen")
    with _writing(request, services) as hand:
        known = outcomes_of(_state(hand).released)
        if outcome not in known:
            raise NotFound("This is not on the page any more.")
        talking.rate(hand, outcome, known[outcome], rating, once=once)
    return _done(request)


@router.post("/shared/sure")
async def sure(request: Request, services: Parts) -> Response:
    """The four questions on being ready to choose."""
    form = await request.form()
    answers = {name: form.get(name) == "yes" for name, _ in SURE if form.get(name) in ("yes", "no")}
    if len(answers) < len(SURE):
        raise InvalidInput("Answer all four questions.", code="nothing_chosen")
    once = str(form.get("once") or "")[:64]
    return await run_in_threadpool(_questionnaire, request, services, "sure", answers, once)


@router.post("/shared/collaborate")
async def collaborate(request: Request, services: Parts) -> Response:
    """The three questions on the talk."""
    form = await request.form()
    scale = {str(number): number for number in range(COLLABORATE_TOP + 1)}
    answers = {name: scale[str(form.get(name))] for name, _ in COLLABORATE if str(form.get(name)) in scale}
    if len(answers) < len(COLLABORATE):
        raise InvalidInput("Answer all three questions.", code="nothing_chosen")
    once = str(form.get("once") or "")[:64]
    return await run_in_threadpool(_questionnaire, request, services, "collaborate", answers, once)


@router.post("/shared/language")
def language(
    request: Request, services: Parts, language: Annotated[str, Form(max_length=2)] = "", once: Once = None
) -> Response:
    """The language of this page."""
    with _writing(request, services) as hand:
        editing.set_language(hand, language, once=once)
    return _done(request)


@router.post("/shared/agreement")
def confirm(request: Request, services: Parts, once: Once = None) -> Response:
    """Yes, this is what we decided."""
    with _writing(request, services) as hand:
        if _state(hand).agreement is None:
            raise Conflict("Nothing has been written down to agree to yet.", code="no_agreement")
        talking.confirm_agreement(hand, once=once)
    return _done(request)


@router.post("/shared/leave")
def leave(request: Request, services: Parts) -> Response:
    """Go; this browser opens nothing any more."""
    member = _member(request, services)
    with services.db.transaction() as tx:
        members.leave(tx, member, log=services.log)
    hub_of(request.app).wake(member.session.id)
    language = language_of(request)
    answer = page(request, "sharing/left.html", w=words(language), language=language)
    name = _cookie(request)
    answer.delete_cookie(name, path="/", httponly=True, secure=name.startswith(SECURE_COOKIE), samesite="strict")
    return answer


def _values(request: Request, services: Services) -> dict[str, Any]:
    member = _member(request, services)
    state = Shared()
    if member.state == "confirmed":
        with services.db.reading() as tx:
            state = fold(read_events(tx, member.session.id, audience="both"))
    return {
        **patient_values(state, state.language or language_of(request)),
        "member": member,
        "sure": [name for name, _ in SURE],
        "collaborate": [name for name, _ in COLLABORATE],
        "top": COLLABORATE_TOP,
        "importance": range(len(IMPORTANCE)),
    }


def _join_page(request: Request, wrong: CdsError | None = None, status: int = 200) -> HTMLResponse:
    language = language_of(request)
    told = why_refused(wrong, language) if wrong is not None else None
    return page(request, "sharing/join.html", status_code=status, wrong=told, w=words(language), language=language)


def _member(request: Request, services: Services) -> Member:
    secret = request.cookies.get(_cookie(request), "")
    if not secret:
        raise _gone()
    return members.place(services.db, secret, clock=services.clock, log=services.log)


@contextmanager
def _writing(request: Request, services: Services) -> Iterator[Hand]:
    """One transaction of a confirmed member; listeners are woken when it has been committed."""
    secret = request.cookies.get(_cookie(request), "")
    with services.db.transaction() as tx:
        member = members.member_with(tx, secret, clock=services.clock)
        if member.state != "confirmed":
            raise _gone()
        yield Hand(tx, member.session, member.actor, services.log)
    hub_of(request.app).wake(member.session.id)


def _questionnaire(request: Request, services: Services, name: str, answers: dict[str, Any], once: str) -> Response:
    with _writing(request, services) as hand:
        talking.answer_questionnaire(hand, name, answers, once=once or None)
    return _done(request)


def _state(hand: Hand) -> Shared:
    return fold(read_events(hand.tx, hand.session.id, audience="both"))


def _cookie(request: Request) -> str:
    """A name of its own, so that a patient's place is never taken for a sign-in."""
    return f"{cookie_name(request)}-shared"


def _gone() -> NotFound:
    return NotFound("This page belongs to no open session. Ask for a new code.", code="no_session")


def _done(request: Request) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return Response(status_code=204)
    return go_to(request, "/shared")
