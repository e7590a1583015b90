"""A model that failed is left alone for a while, so that a broken one costs the next physician nothing."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from cds.errors import Unavailable
from cds.language_model import Draft, LanguageModel, ModelIdentity

# One failure may be chance; three in a row are not.
_FAILURES = 3
# Long enough for a server to restart, short enough that nobody restarts the service for it.
_REST_SECONDS = 60.0
_LOOK_SECONDS = 0.05


class Guarded:
    """The same model with a circuit breaker, and with no more questions at once than it has room for."""

    def __init__(self, model: LanguageModel, *, at_once: int, now: Callable[[], float] = time.monotonic) -> None:
        self.at_once = at_once
        self._model = model
        self._now = now
        self._line = _Line(at_once)
        self._lock = threading.Lock()
        self._failed = 0
        self._closed_until = 0.0

    @property
    def identity(self) -> ModelIdentity:
        return self._model.identity

    @property
    def resting(self) -> bool:
        """Whether it is being left alone now."""
        with self._lock:
            return self._now() < self._closed_until

    def complete(self, *, seconds: float, cancelled: Callable[[], bool], **asked: Any) -> Draft:
        """As the model does; refused at once while it rests, and when no room comes free in time."""
        if self.resting:
            raise Unavailable("The language model failed lately and is left alone for a minute.", code="model_resting")
        began = time.monotonic()
        with self._line.turn(until=began + seconds, cancelled=cancelled):
            left = seconds - (time.monotonic() - began)
            try:
                draft = self._model.complete(seconds=left, cancelled=cancelled, **asked)
            except Unavailable as error:
                if error.code != "cancelled":
                    self._count_failure()
                raise
        with self._lock:
            self._failed = 0
        return draft

    def close(self) -> None:
        """Let go of what the model holds, where it holds anything."""
        close = getattr(self._model, "close", None)
        if close is not None:
            close()

    def _count_failure(self) -> None:
        with self._lock:
            self._failed += 1
            if self._failed >= _FAILURES:
                self._closed_until = self._now() + _REST_SECONDS
                self._failed = 0


class _Line:
    """Lets so many in at once, in the order they came."""

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._waiting: deque[object] = deque()
        self._moved = threading.Condition()

    @contextmanager
    def turn(self, *, until: float, cancelled: Callable[[], bool]) -> Iterator[None]:
        self._wait(until, cancelled)
        try:
            yield
        finally:
            with self._moved:
                self._free += 1
                self._moved.notify_all()

    def _wait(self, until: float, cancelled: Callable[[], bool]) -> None:
        mine = object()
        with self._moved:
            self._waiting.append(mine)
            try:
                while self._waiting[0] is not mine or not self._free:
                    if cancelled():
                        raise Unavailable("The question was cancelled.", code="cancelled")
                    if time.monotonic() > until:
                        raise Unavailable("The language model is busy with other questions.", code="model_busy")
                    self._moved.wait(_LOOK_SECONDS)
                self._free -= 1
            finally:
                self._waiting.remove(mine)
                self._moved.notify_all()
