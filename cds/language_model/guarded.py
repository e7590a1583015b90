"""A model that failed is left alone for a while, so that a broken one costs the next physician nothing."""

import threading
import time
from collections.abc import Callable
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
        self._model = model
        self._now = now
        self._room = threading.BoundedSemaphore(at_once)
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
        self._wait_for_room(seconds, cancelled)
        try:
            left = seconds - (time.monotonic() - began)
            draft = self._model.complete(seconds=left, cancelled=cancelled, **asked)
        except Unavailable as error:
            if error.code != "cancelled":
                self._count_failure()
            raise
        finally:
            self._room.release()
        with self._lock:
            self._failed = 0
        return draft

    def close(self) -> None:
        """Let go of what the model holds, where it holds anything."""
        close = getattr(self._model, "close", None)
        if close is not None:
            close()

    def _wait_for_room(self, seconds: float, cancelled: Callable[[], bool]) -> None:
        until = time.monotonic() + seconds
        while not self._room.acquire(timeout=_LOOK_SECONDS):
            if cancelled():
                raise Unavailable("The question was cancelled.", code="cancelled")
            if time.monotonic() > until:
                raise Unavailable("The language model is busy with other questions.", code="model_busy")

    def _count_failure(self) -> None:
        with self._lock:
            self._failed += 1
            if self._failed >= _FAILURES:
                self._closed_until = self._now() + _REST_SECONDS
                self._failed = 0
