from collections.abc import Sequence

import numpy as np
import pytest

from knowledge.embedding import Embedder, Vectors, open_embedder
from knowledge.nearness import Nearness


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder("default")


def test_the_sentence_about_the_question_is_the_nearest(embedder: Embedder) -> None:
    near = Nearness(lambda: embedder)
    values = near(
        "Which medicine lowers blood pressure?",
        ["Offer amlodipine for hypertension.", "Ask about sleep.", "Vaccinate against influenza each autumn."],
    )
    assert values[0] == max(values)
    assert all(-1.001 <= value <= 1.001 for value in values)


def test_a_sentence_is_embedded_once(embedder: Embedder) -> None:
    embedded: list[str] = []

    class Counting:
        def embed_query(self, text: str) -> Vectors:
            return np.ones(2, np.float32)

        def embed_passages(self, texts: Sequence[str]) -> Vectors:
            embedded.extend(texts)
            return np.ones((len(texts), 2), np.float32)

    near = Nearness(lambda: Counting())  # type: ignore[return-value, arg-type]
    near("q", ["a", "b"])
    near("q", ["b", "c", "c"])
    assert embedded == ["a", "b", "c"]


def test_no_sentences_are_no_values(embedder: Embedder) -> None:
    assert list(Nearness(lambda: embedder)("q", [])) == []
