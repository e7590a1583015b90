"""How near sentences are to a question in meaning; each sentence is embedded once while the service runs."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from knowledge.embedding import Embedder, Vectors

# Sentences of a library of several hundred guidelines; 1.5 kB each.
_KEPT = 20_000


class Nearness:
    """Cosines between a question and sentences, by the embedder in use."""

    def __init__(self, embedder: Callable[[], Embedder]) -> None:
        self._embedder = embedder
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def __call__(self, question: str, sentences: Sequence[str]) -> Sequence[float]:
        asked = self._embedder().embed_query(question)
        return [float(value) for value in np.stack(self._vectors(sentences)) @ asked] if sentences else []

    def _vectors(self, sentences: Sequence[str]) -> list[Vectors]:
        with self._lock:
            missing = [text for text in dict.fromkeys(sentences) if text not in self._known]
        fresh = dict(zip(missing, self._embedder().embed_passages(missing), strict=True)) if missing else {}
        with self._lock:
            found = [fresh[text] if text in fresh else self._known[text] for text in sentences]
            for text, vector in zip(sentences, found, strict=True):
                self._known[text] = vector
                self._known.move_to_end(text)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return found
