"""The only home of cross-encoders: models that read a question and a passage together, where one is on the machine."""

import os
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import numpy as np

from cds.errors import InvalidSetting, Unavailable

# Passages such a model reads for each question: 16 of 200 tokens take 22 million parameters a second on one core.
_READ = 16


class Reranker(Protocol):
    """Says in which order the first passages of a search should stand."""

    reads: int  # how many passages it wants to see

    def order(self, question: str, texts: Sequence[str]) -> list[int]:
        """The places of these texts, best first; each place once."""


class KeepOrder:
    """Where no such model is on the machine: the order stays as the search made it."""

    reads = 0

    def order(self, question: str, texts: Sequence[str]) -> list[int]:
        return list(range(len(texts)))


class CrossEncoder:
    """A cross-encoder in a local folder, loaded when it is first used."""

    reads = _READ

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = Lock()

    def order(self, question: str, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        scores = np.asarray(self.scores(question, texts))
        return [int(place) for place in np.argsort(-scores, kind="stable")]

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """What the model says of each text; higher bears more on the question."""
        pairs = [(question, text) for text in texts]
        with self._lock:
            return [float(score) for score in self._model.predict(pairs, show_progress_bar=False)]

    @cached_property
    def _model(self) -> Any:
        os.environ["HF_HUB_OFFLINE"] = "1"  # nothing is fetched: a model that is not here is an error
        from sentence_transformers import CrossEncoder as Model

        try:
            model = Model(str(self.folder), device="cpu", local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            raise _unusable(self.folder) from error
        if model.num_labels != 1:
            raise _unusable(self.folder)
        return model


def _unusable(folder: Path) -> Unavailable:
    return Unavailable(
        f"The reranker in {folder} cannot be loaded. It must be a cross-encoder that gives one score a pair; set "
        "CDS_RERANKER to its folder, or to `none`.",
        code="reranker_unavailable",
    )


@cache
def open_reranker(setting: str) -> Reranker:
    """The reranker a setting names: `none`, or the folder of a cross-encoder."""
    if setting == "none":
        return KeepOrder()
    folder = Path(setting).expanduser()
    if not (folder / "config.json").is_file():
        raise InvalidSetting(f"{folder} is no cross-encoder (it has no config.json). Set CDS_RERANKER to `none`.")
    return CrossEncoder(folder)
