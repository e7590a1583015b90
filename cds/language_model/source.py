"""The model in use now: opened when first asked for; while its server is away, there is none for a minute."""

import threading
import time
from collections.abc import Callable
from typing import Literal

from cds.errors import InvalidSetting, Unavailable
from cds.language_model import LanguageModel
from cds.language_model.choosing import open_model
from cds.language_model.guarded import Guarded
from cds.settings import Settings

# As long as a failing model is left alone: a physician must not wait at each question to learn that it is still away.
_REST_SECONDS = 60.0

State = Literal["ready", "resting", "away", "unfit", "absent"]


class ModelSource:
    """Opens the model these settings name, once; says why there is none."""

    def __init__(
        self,
        settings: Settings,
        *,
        open_one: Callable[[Settings], LanguageModel | None] = open_model,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._open, self._now = settings, open_one, now
        self._lock = threading.Lock()
        self._model: LanguageModel | None = None
        self._again_at = float("-inf")
        self.trouble: str | None = None

    def look_again(self) -> None:
        """Weights have arrived: look now rather than after the rest."""
        with self._lock:
            self._again_at = float("-inf")

    def current(self) -> LanguageModel | None:
        """The model, or None to quote; a wrong setting is an error, a server that is away is not."""
        with self._lock:
            if self._model is None and self._now() >= self._again_at:
                self.trouble = None
                try:
                    self._model = self._open(self._settings)
                except Unavailable as error:
                    self.trouble = error.message
                except InvalidSetting as error:
                    if error.code != "model_not_served":
                        raise
                    self.trouble = error.message  # what a server of the house serves changes while we run
                # Weights may be fetched while the service runs: looked for again after the same rest.
                self._again_at = self._now() + _REST_SECONDS
            return self._model

    @property
    def state(self) -> State:
        """How the model stands, without opening it or waiting for it; absent also before it is first needed."""
        model = self._model
        if model is None:
            return "away" if self.trouble is not None else "absent"
        if isinstance(model, Guarded) and model.resting:
            return "resting"
        return "unfit" if model.identity.skill == "none" else "ready"

    @property
    def at_once(self) -> int:
        """How many questions the model takes at once; 0 where none waits for one."""
        return self._model.at_once if isinstance(self._model, Guarded) and self.state == "ready" else 0

    def close(self) -> None:
        """Let go of the model, if one was opened."""
        with self._lock:
            if isinstance(self._model, Guarded):
                self._model.close()
            self._model = None
