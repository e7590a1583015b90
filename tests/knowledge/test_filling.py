"""Texts are embedded while others are still read: each once, and what was not reached is left for later."""

import time

from cds.db import Database
from knowledge import vectors
from knowledge.filling import FillingAhead, fill
from tests.ingest.pipeline.loading import CountingEmbedder

PATIENCE_SECONDS = 60
TEXTS = {vectors.text_hash(text): text for text in (f"Advice number {number}." for number in range(600))}


def missing(db: Database, embedder: CountingEmbedder) -> set[str]:
    with db.reading() as tx:
        return vectors.missing(tx, embedder.digest, list(TEXTS))


def test_whole_batches_are_embedded_ahead_and_the_rest_later_each_text_once(db: Database) -> None:
    embedder = CountingEmbedder()
    with FillingAhead(db, lambda: embedder) as ahead:
        for text in TEXTS.values():
            ahead.add(text)
        until = time.monotonic() + PATIENCE_SECONDS
        while not embedder.embedded and time.monotonic() < until:
            time.sleep(0.01)
    embedded = len(embedder.embedded)
    assert embedded in (256, 512)
    assert len(missing(db, embedder)) == len(TEXTS) - embedded
    fill(db, embedder, TEXTS)
    assert sorted(embedder.embedded) == sorted(TEXTS.values())
    assert missing(db, embedder) == set()


def test_a_few_texts_do_not_wake_the_embedder(db: Database) -> None:
    def load() -> CountingEmbedder:
        woken.append(True)
        return CountingEmbedder()

    woken: list[bool] = []
    with FillingAhead(db, load) as ahead:
        ahead.add("One.")
        ahead.add("Two.")
    assert woken == []


def test_an_embedder_that_cannot_be_loaded_is_told_of_when_the_index_is_made(db: Database) -> None:
    from cds.errors import Unavailable

    def load() -> CountingEmbedder:
        raise Unavailable("The embedder cannot be loaded.")

    with FillingAhead(db, load) as ahead:
        for text in TEXTS.values():
            ahead.add(text)
    assert len(missing(db, CountingEmbedder())) == len(TEXTS)
