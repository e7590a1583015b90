"""Whose shared session it is, and the one transaction in which something is done there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Form, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.deps import allow
from api.pages import go_to
from api.services import Services
from api.sharing_hub import event_stream, first_number, hub_of
from cds.access import patients_of
from cds.actors import Actor, Role
from cds.errors import NotFound
from cds.evidence import Passage
from cds.recommendations import load
from cds.sharing import sessions
from cds.sharing.events import Event, read_events
from cds.sharing.sessions import Hand, Session
from cds.sharing.state import Shared

Physician = Annotated[Actor, allow(Role.PHYSICIAN)]
Line = Annotated[str, Form(max_length=4000)]
Lines = Annotated[list[str] | None, Form()]
Word = Annotated[str, Form(max_length=64)]


def mine(tx: Connection, services: Services, actor: Actor, session_id: str) -> Session:
    """This physician's session, as long as the patient's record is open to them."""
    known = sessions.session_of(tx, session_id, actor=actor)
    if not open_to(tx, services, actor, known):
        raise NotFound("There is no such session, or it is not open to you.")
    return known


def open_to(tx: Connection, services: Services, actor: Actor, known: Session) -> bool:
    """Whether the patient it is about is this physician's."""
    return known.patient is None or known.patient in patients_of(tx, actor, clock=services.clock)


@contextmanager
def writing(request: Request, services: Services, actor: Actor, session_id: str) -> Iterator[Hand]:
    """One transaction; listeners are woken when it has been committed."""
    with services.db.transaction() as tx:
        known = mine(tx, services, actor, session_id)
        yield Hand(tx, known, actor, services.log)
    hub_of(request.app).wake(session_id)


def section_of(services: Services, passage: Passage) -> tuple[Passage, ...]:
    """The passages under the same heading, in reading order."""
    try:
        with services.db.reading() as tx:
            whole = services.library.passages_of(tx, passage.document.edition)
    except NotFound:
        return (passage,)
    return tuple(one for one in whole if one.section == passage.section)


def cited_passages(services: Services, hand: Hand, state: Shared, wanted: set[str]) -> dict[str, Passage]:
    """Cited passages, from the library as it is now, else from the consults they were shown in."""
    found = services.library.passages(hand.tx, wanted)
    for recommendation in state.recommendations if wanted - set(found) else ():
        for hit in load(hand.tx, recommendation)[0].evidence:
            found.setdefault(hit.passage.id, hit.passage)
    return found


def grid_passages(services: Services, hand: Hand, state: Shared) -> dict[str, Passage]:
    """Every passage that the grid cites."""
    wanted = {line.citation.passage for line in state.grid.lines if line.citation}
    return cited_passages(services, hand, state, wanted)


def done(request: Request, session_id: str) -> Response:
    """A page's script needs no page; a form without a script gets one."""
    if "text/html" not in request.headers.get("accept", ""):
        return Response(status_code=204)
    return go_to(request, f"/sessions/{session_id}")


def physicians_events(request: Request, services: Services, actor: Actor, session_id: str, *, after: int) -> Response:
    """All that happens in a session, as it happens, for as long as it is this physician's; for the page and the API."""

    def read(last: int) -> tuple[Event, ...]:
        with services.db.reading() as tx:
            mine(tx, services, actor, session_id)
            return read_events(tx, session_id, audience="physician", after=last)

    with services.db.reading() as tx:
        mine(tx, services, actor, session_id)
    return event_stream(request, session_id, read, after=first_number(request, after), audience="physician")
