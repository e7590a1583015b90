"""Signing the audit log while the service runs: a thread that looks every few seconds whether a checkpoint is due."""

import logging
from collections.abc import Callable
from threading import Event, Thread

from api.services import Services
from cds.audit.checkpoints import FOLDER, Checkpointer, signing_key
from cds.audit.syslog import syslog_sender
from cds.errors import CdsError

_LOG = logging.getLogger("cds.checkpoints")
# A twelfth of the minute a checkpoint may be late.
_LOOK_EVERY_S = 5.0


def checkpointer(services: Services) -> Checkpointer:
    """The one of this installation; its key is made the first time."""
    settings = services.settings
    return Checkpointer(
        services.db,
        folder=settings.data / FOLDER,
        key=signing_key(settings.data),
        clock=services.clock,
        second=settings.checkpoints,
        tell=syslog_sender(settings.syslog, clock=services.clock) if settings.syslog else None,
    )


def keep_signing(services: Services, *, every: float = _LOOK_EVERY_S) -> Callable[[], None]:
    """Start signing; what is returned stops it, after signing what is left."""
    ended = Event()

    def run() -> None:
        writer: Checkpointer | None = None
        while True:
            last = ended.wait(every)
            try:
                writer = writer or checkpointer(services)
                if last or writer.due():
                    writer.write()
            except CdsError as error:
                # A code and no text: what is wrong with the log is for `cds audit verify` to say.
                _LOG.error("no checkpoint could be written: %s", error.code)
            except OSError as error:
                _LOG.error("no checkpoint could be written: %s", type(error).__name__)
            if last:
                return

    thread = Thread(target=run, name="checkpoints", daemon=True)
    thread.start()

    def stop() -> None:
        ended.set()
        thread.join(timeout=10)

    return stop
