"""The end of emergency access, recorded when its time is over although nobody asks: by a thread."""

import logging
from collections.abc import Callable
from threading import Event, Thread

from api.services import Services
from cds.emergencies import anything_past, end_past
from cds.errors import CdsError

_LOG = logging.getLogger("cds.emergencies")
# The access itself ends on the second; only its entry may be this late.
_LOOK_EVERY_S = 10.0


def keep_ending(services: Services, *, every: float = _LOOK_EVERY_S) -> Callable[[], None]:
    """Start looking; what is returned stops it."""
    ended = Event()

    def run() -> None:
        while not ended.wait(every):
            try:
                end_what_is_past(services)
            except CdsError as error:
                _LOG.error("the end of an emergency access could not be recorded: %s", error.code)

    thread = Thread(target=run, name="emergencies", daemon=True)
    thread.start()

    def stop() -> None:
        ended.set()
        thread.join(timeout=10)

    return stop


def end_what_is_past(services: Services) -> int:
    """Record what has ended; a transaction is opened only when there is something."""
    with services.db.reading() as tx:
        if not anything_past(tx, clock=services.clock):
            return 0
    with services.db.transaction() as tx:
        return end_past(tx, clock=services.clock, log=services.log)
