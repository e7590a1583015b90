"""Consults while they run: in worker threads, a few at once, a few waiting, each of which can be stopped."""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from api.errors import as_defect
from api.traces import Traces
from cds.actors import Actor
from cds.consult import ConsultParts, Question, Stage, consult
from cds.errors import Busy, CdsError
from cds.patient import PatientScope
from cds.recommendation import AuditRef, Recommendation

# Searching and checking take milliseconds and may overlap; the model serves one at a time behind its own door.
_RUNNING = 8
_WAITING = 16
# One person does not take the whole queue.
_EACH = 4
# Proxies cut connections that are silent for a minute.
_SILENCE_S = 15.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """The end of a consult: the recommendation, committed."""

    recommendation: Recommendation
    audit: AuditRef


@dataclass(frozen=True, slots=True)
class Place:
    """So many consults are read by the model before this one is."""

    ahead: int


class LiveConsults:
    """Admits consults and hands out what happens in them."""

    def __init__(
        self,
        parts: Callable[[], ConsultParts],
        *,
        slots: Callable[[], int] = lambda: 0,
        traces: Traces | None = None,
    ) -> None:
        self._parts = parts
        self._traces = traces
        self._line = ReadingLine(slots)
        self._pool = ThreadPoolExecutor(_RUNNING, thread_name_prefix="consult")
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()

    def begin(self, question: Question, *, actor: Actor, scope: PatientScope | None) -> "LiveConsult":
        """Take a place, or be told at once that there is none."""
        with self._lock:
            if self._open[actor.id] >= _EACH or self._open.total() >= _RUNNING + _WAITING:
                raise Busy("Too many questions are being answered at this moment. Try again in a few seconds.")
            self._open[actor.id] += 1
        live = LiveConsult()
        traced = self._traces.consult() if self._traces is not None else None

        def on_stage(stage: Stage) -> None:
            live.tell(stage)
            if traced is not None:
                traced.stage(stage)
            if stage.name == "reading":
                self._line.join(live)
            elif stage.name == "checking":
                self._line.leave(live)

        def fail(error: CdsError) -> None:
            if traced is not None:
                traced.failed(error.code)
            live.tell(error)

        def work() -> None:
            try:
                if not live.stopped.is_set():
                    found = consult(
                        question,
                        self._parts(),
                        actor=actor,
                        scope=scope,
                        on_stage=on_stage,
                        cancelled=live.stopped.is_set,
                    )
                    if traced is not None:
                        traced.done(found[0])
                    live.tell(Recorded(*found))
            except CdsError as error:
                fail(error)
            except Exception as error:
                fail(as_defect(error))
            finally:
                self._line.leave(live)
                with self._lock:
                    self._open[actor.id] -= 1

        self._pool.submit(work)
        return live

    @property
    def running(self) -> int:
        """How many consults are admitted now."""
        with self._lock:
            return self._open.total()

    def close(self) -> None:
        """Finish what is running; nothing new is taken."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class ReadingLine:
    """Who waits for the model, in the order in which they came; each is told when its place changes."""

    def __init__(self, slots: Callable[[], int]) -> None:
        self._slots = slots
        self._lock = threading.Lock()
        self._line: list[LiveConsult] = []

    def join(self, live: "LiveConsult") -> None:
        with self._lock:
            self._line.append(live)
            self._tell()

    def leave(self, live: "LiveConsult") -> None:
        with self._lock:
            if live in self._line:
                self._line.remove(live)
                self._tell()

    def _tell(self) -> None:
        slots = self._slots()
        if not slots:
            return  # nobody waits: sentences are quoted
        for index, live in enumerate(self._line):
            ahead = max(0, index - slots + 1)
            if ahead != live.ahead:
                live.ahead = ahead
                live.tell(Place(ahead))


class LiveConsult:
    """One running consult, as its listener sees it."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.ahead = 0
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Stage | Place | Recorded | CdsError] = asyncio.Queue()

    def tell(self, event: Stage | Place | Recorded | CdsError) -> None:
        """Called in the worker thread."""
        with contextlib.suppress(RuntimeError):  # the service is ending and nobody listens any more
            self._loop.call_soon_threadsafe(self._queue.put_nowait, event)

    async def events(self) -> AsyncGenerator[Stage | Place | Recorded | None]:
        """Stages, then the end; None now and then while nothing happens. Whoever stops listening stops the consult."""
        try:
            while True:
                try:
                    event = await asyncio.wait_for(self._queue.get(), _SILENCE_S)
                except TimeoutError:
                    yield None
                    continue
                if isinstance(event, CdsError):
                    raise event
                yield event
                if isinstance(event, Recorded):
                    return
        finally:
            self.stopped.set()

    async def finished(self) -> Recorded:
        """The end alone."""
        async with contextlib.aclosing(self.events()) as events:
            async for event in events:
                if isinstance(event, Recorded):
                    return event
        raise Busy("The service is ending. Ask again in a moment.")


def stream(events: AsyncIterator[tuple[str, str] | None]) -> EventSourceResponse:
    """Named events with their data, already JSON, as server-sent events."""

    async def body() -> AsyncIterator[bytes]:
        async for event in events:
            yield KEEPALIVE_COMMENT if event is None else format_sse_event(event=event[0], data_str=event[1])

    # Some proxies collect an answer before they pass it on unless told not to.
    headers: dict[str, Any] = {"x-accel-buffering": "no", "cache-control": "no-store"}
    return EventSourceResponse(body(), headers=headers)
