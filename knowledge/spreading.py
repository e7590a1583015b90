"""The only home of Ray: embedding a large library on the cores of several machines, with the same vectors as on one."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cds.db import Database
from cds.errors import Conflict, Unavailable
from knowledge import vectors
from knowledge.embedding import Embedder, Progress
from knowledge.filling import longest_first, read

# Texts a worker reads at a time, and texts between two writes: enough that moving them costs little beside reading.
_BATCH = 256
_OBJECTS = 200 * 1024 * 1024  # bytes for what moves between workers of this machine


class Spread:
    """Embeds on every machine of a Ray cluster, or on workers of this one; otherwise as `filling.fill` does."""

    def __init__(self, address: str = "") -> None:
        self.address = address  # empty: workers of this machine

    def __call__(
        self,
        db: Database,
        embedder: Embedder,
        texts: Mapping[str, str],
        progress: Progress | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        with db.reading() as tx:
            new = vectors.missing(tx, embedder.digest, list(texts))
        if not new:
            return
        done = 0
        with _cluster(self.address) as data:
            rows = [{"key": key, "text": texts[key]} for key in longest_first(new, texts)]
            made = data.from_items(rows).map_batches(
                Reader,
                fn_constructor_kwargs={"folder": str(embedder.folder), "digest": embedder.digest},
                batch_size=_BATCH,
                concurrency=(1, max(1, len(rows) // _BATCH)),
            )
            for some in made.iter_batches(batch_size=_BATCH):
                if cancelled():
                    raise Conflict("Building the index was stopped; what was embedded is kept.", code="cancelled")
                kept = zip(some["key"], some["pooled"], some["tokens"], strict=True)
                stored = {str(key): vectors.Stored(bytes(pooled), bytes(tokens)) for key, pooled, tokens in kept}
                with db.transaction() as tx:
                    vectors.store(tx, embedder.digest, stored)
                done += len(stored)
                if progress is not None:
                    progress(done, len(rows))


class Reader:
    """One worker: the embedder of its own machine, which must be the same one."""

    def __init__(self, folder: str, digest: str) -> None:
        self.embedder = Embedder(Path(folder))
        if self.embedder.digest != digest:
            raise Unavailable(
                f"The embedder in {folder} of a worker is another one than here. Put the same folder on every machine.",
                code="embedder_differs",
            )

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        texts = {str(key): str(text) for key, text in zip(batch["key"], batch["text"], strict=True)}
        found = read(self.embedder, texts)
        return {
            "key": list(texts),
            "pooled": [found[key].pooled for key in texts],
            "tokens": [found[key].tokens for key in texts],
        }


@contextmanager
def _cluster(address: str) -> Iterator[Any]:
    """Ray, ended again where it was started here; on this machine it listens on the loopback address only."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is told to anybody
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise Unavailable(
            "Spreading needs Ray, which is not installed. Install the extra `ray`, or ingest without --spread.",
            code="ray_missing",
        ) from error
    ours = not ray.is_initialized()
    try:
        if ours and address:
            ray.init(address=address, log_to_driver=False)
        elif ours:
            ray.init(
                address="local", include_dashboard=False, log_to_driver=False, object_store_memory=_OBJECTS,
                _node_ip_address="127.0.0.1",
            )  # fmt: skip
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield ray.data
    except ray.exceptions.RayError as error:
        raise Unavailable(
            "The Ray workers failed. What was embedded is kept; try again, or ingest without --spread.",
            code="ray_failed",
        ) from error
    finally:
        if ours:
            ray.shutdown()
