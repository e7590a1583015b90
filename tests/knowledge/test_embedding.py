"""The embedder: passages and questions in one space, however they are computed."""

import numpy as np
import pytest

from knowledge.embedding import Embedder, open_embedder

TEXTS = [
    "Offer an ACE inhibitor to adults with hypertension and diabetes.",
    "Do not give trimethoprim in the first trimester.",
    "eGFR below 30: halve the dose. " * 20,
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return open_embedder("default")


def test_a_passage_has_the_vector_it_has_as_a_question(embedder: Embedder) -> None:
    made = embedder.embed_passages(TEXTS)
    for text, vector in zip(TEXTS, made, strict=True):
        assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
        assert float(vector @ embedder.embed_query(text)) > 0.9995


def test_tokens_that_say_nothing_are_marked(embedder: Embedder) -> None:
    encoded = embedder.encode_query("What is the dose of metformin?")
    assert 2 <= encoded.content.sum() < len(encoded.tokens) - 4
