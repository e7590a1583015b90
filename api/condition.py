"""What the service can do now: four modes, from everything down to showing the past only, each with its reason."""

import threading
import time
from dataclasses import dataclass
from enum import StrEnum

from api.room import ROOM_NEEDED
from api.services import Services
from cds.errors import CdsError

# Looked at again after this long: a page costs no look of its own, and a change is seen within seconds.
_FRESH_S = 2.0


class Mode(StrEnum):
    """From best to worst; the worst that holds is the service's."""

    GENERATED = "generated"
    QUOTED = "quoted"
    KEYWORD = "keyword"
    READ_ONLY = "read-only"


@dataclass(frozen=True, slots=True)
class Condition:
    """The mode, a stable code for why, and what people are told; nothing is told when all is as it was set up."""

    mode: Mode
    code: str = "ok"
    banner: str = ""


_ALL_WELL = Condition(Mode.GENERATED)
_QUOTING_BY_CHOICE = Condition(Mode.QUOTED, "no_model")
_MODEL_FAILS = Condition(
    Mode.QUOTED,
    "model_unavailable",
    "The language model does not answer now. Answers are quoted word for word from the library until it does.",
)
_INDEX_BROKEN = Condition(
    Mode.KEYWORD,
    "index_unreadable",
    "The index cannot be read and is being made anew. Until then passages are found by their words only.",
)
_CLUSTER_AWAY = Condition(
    Mode.KEYWORD,
    "milvus_unavailable",
    "The Milvus service does not answer now. Passages are found by their words only until it does.",
)
_DATABASE_FAILS = Condition(
    Mode.READ_ONLY,
    "database_unavailable",
    "The database cannot be written now, so no question is answered: nothing is shown that is not recorded. "
    "Tell the administrator.",
)
_DISK_FULL = Condition(
    Mode.READ_ONLY,
    "no_disk_space",
    "The disk is nearly full, so no question is answered: nothing is shown that is not recorded. What was recorded "
    "can be read. Tell the administrator.",
)


def condition_of(services: Services) -> Condition:
    """How the service stands at this moment; opens nothing and waits for nothing but one row of the database."""
    try:
        with services.db.reading() as tx:
            index_broken = services.builder.is_broken(tx)
    except CdsError:
        return _DATABASE_FAILS
    if services.db.failing:
        return _DATABASE_FAILS
    if services.free_bytes() < ROOM_NEEDED:
        return _DISK_FULL
    if index_broken:
        return _INDEX_BROKEN
    if services.engine.away:
        return _CLUSTER_AWAY
    state = services.model_source.state
    if state in ("resting", "away"):
        return _MODEL_FAILS
    return _ALL_WELL if state == "ready" else _QUOTING_BY_CHOICE


class Watch:
    """The condition of a running service, looked at anew every few seconds at most."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._seen = _ALL_WELL
        self._until = float("-inf")

    def now(self) -> Condition:
        """The condition, a few seconds old at most."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._seen = condition_of(self._services)
                self._until = time.monotonic() + _FRESH_S
            return self._seen
