"""Live shared sessions: each listener reads the one event list from the database, woken when there is more."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from cds.db import Database
from cds.errors import CdsError, NotFound
from cds.sharing.events import Audience, Event
from cds.tables_sharing import session_events

# Events of this process wake their listeners at once; those of another process are seen this much later.
_LOOK_EVERY_S = 0.25
# Proxies cut connections that are silent for a minute.
_SILENCE_S = 15.0
# A page that only listens does not keep a sign-in alive: its stream ends after the sign-in's idle time.
_LONGEST_S = 20 * 60.0
# After the service is stopped a browser asks again this soon.
_RETRY_MS = 1000

Read = Callable[[int], tuple[Event, ...]]


class Hub:
    """Wakes the listeners of a session."""

    def __init__(self, db: Callable[[], Database]) -> None:
        self._db = db
        self._listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looking: asyncio.Task[None] | None = None
        self._seen = 0

    def wake(self, session: str) -> None:
        """There is something new in this session; called from any thread, after the commit."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the service is ending
                self._loop.call_soon_threadsafe(self._set, session)

    @contextlib.contextmanager
    def listening(self, session: str) -> Any:
        """A signal that is set whenever the session may have more."""
        self._start()
        signal = asyncio.Event()
        self._listeners[session].add(signal)
        try:
            yield signal
        finally:
            self._listeners[session].discard(signal)
            if not self._listeners[session]:
                del self._listeners[session]

    @property
    def listeners(self) -> int:
        return sum(map(len, self._listeners.values()))

    def _set(self, session: str) -> None:
        for signal in self._listeners.get(session, ()):
            signal.set()

    def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop or self._looking is None or self._looking.done():
            self._loop = loop
            self._looking = loop.create_task(self._look())

    async def _look(self) -> None:
        """Other processes write too: one question for all sessions, as long as anybody listens."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            if not self._listeners:
                return
            with contextlib.suppress(CdsError):  # the database is away; it is asked again in a moment
                for session in await run_in_threadpool(self._changed):
                    self._set(session)

    def _changed(self) -> set[str]:
        with self._db().reading() as tx:
            rows = tx.execute(
                select(session_events.c.seq, session_events.c.session).where(session_events.c.seq > self._seen)
            ).all()
        self._seen = max((row.seq for row in rows), default=self._seen)
        return {row.session for row in rows}


def hub_of(app: FastAPI) -> Hub:
    """The hub of this application, made with its first listener."""
    if not hasattr(app.state, "sharing"):
        app.state.sharing = Hub(lambda: app.state.services.db)
    hub: Hub = app.state.sharing
    return hub


def first_number(request: Request, after: int) -> int:
    """Where a listener continues: after the last event it had, which a browser says when it connects again."""
    last = request.headers.get("last-event-id", "")
    return int(last) if last.isdecimal() and len(last) < 10 else after


def event_stream(request: Request, session: str, read: Read, *, after: int, audience: Audience) -> EventSourceResponse:
    """Everything after this number, then what comes, in order and once. Names what happened, never its text."""
    hub = hub_of(request.app)

    async def body() -> AsyncIterator[bytes]:
        last = after
        loop = asyncio.get_running_loop()
        until = loop.time() + _LONGEST_S
        yield f"retry: {_RETRY_MS}\n\n".encode()
        with hub.listening(session) as signal:
            while loop.time() < until:
                signal.clear()
                try:
                    events = await run_in_threadpool(read, last)
                except NotFound:  # left, removed or long over
                    yield format_sse_event(event="closed", data_str="{}")
                    return
                except CdsError:
                    return  # the browser asks again
                for event in events:
                    last = event.number
                    data = orjson.dumps({"number": event.number, "kind": event.kind}).decode()
                    yield format_sse_event(event="change", data_str=data, id=str(event.number))
                try:
                    await asyncio.wait_for(signal.wait(), _SILENCE_S)
                except TimeoutError:
                    yield KEEPALIVE_COMMENT

    return EventSourceResponse(body(), headers={"x-accel-buffering": "no", "cache-control": "no-store"})
