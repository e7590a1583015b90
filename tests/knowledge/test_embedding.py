"""The embedder: passages and questions in one space, however they are computed."""

import numpy as np
import pytest
import torch

from knowledge.embedding import Embedder, Vectors, open_embedder

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


@pytest.mark.parametrize("amount", [1, 20])
def test_vectors_of_16_bits_are_those_of_32(embedder: Embedder, monkeypatch: pytest.MonkeyPatch, amount: int) -> None:
    texts = [" ".join([text] * amount) for text in TEXTS]

    def made(short: bool) -> Vectors:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": short})
        return embedder.embed_passages(texts)

    exact, short = made(False), made(True)
    assert not np.array_equal(exact, short)
    assert ((exact * short).sum(axis=1) > 1 - 1e-3).all()


def test_tokens_that_say_nothing_are_marked(embedder: Embedder) -> None:
    encoded = embedder.encode_query("What is the dose of metformin?")
    assert 2 <= encoded.content.sum() < len(encoded.tokens) - 4
