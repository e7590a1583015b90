"""How measures of the same passages become one order."""

import numpy as np
import pytest
import torch

from knowledge.embedding import Encoded
from knowledge.fusion import with_feedback, with_parts
from knowledge.late_interaction import TokenCodes, pack


def rows(*values: list[float]) -> np.ndarray:
    return np.array(values, np.float32)


def unit(rng: np.random.Generator, count: int) -> np.ndarray:
    made = rng.standard_normal((count, 384)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_what_lies_near_the_best_passage_passes_what_does_not() -> None:
    scores = np.array([1.0, 0.50, 0.51], np.float32)
    vectors = rows([1, 0], [0.9, 0.436], [0, 1])
    assert list(np.argsort(-with_feedback(scores, vectors))) == [0, 1, 2]
    assert list(np.argsort(-scores)) == [0, 2, 1]
    assert with_feedback(scores[:0], vectors[:0]).shape == (0,)


def test_the_part_that_fits_best_counts_beside_the_whole() -> None:
    whole = [0.5, 0.4]
    assert with_parts(rows(whole)) == pytest.approx([0.5, 0.4])
    assert int(with_parts(rows(whole, [0.1, 0.1], [0.2, 0.6])).argmax()) == 1


def test_words_that_stand_together_count_for_more_than_the_same_ones_far_apart() -> None:
    rng = np.random.default_rng(5)
    asked, other = unit(rng, 2), unit(rng, 80)
    near, far = other.copy(), other.copy()
    near[30:32] = asked
    far[[2, 75]] = asked
    passages = [Encoded(vectors.mean(axis=0), vectors, np.ones(80, np.bool_)) for vectors in (near, far)]
    tokens = TokenCodes.build(pack(passages), dimensions=384)
    read = tokens.read(Encoded(asked.mean(axis=0), asked, np.ones(2, np.bool_)), [0, 1])
    assert read.closeness[0] == pytest.approx(read.closeness[1], abs=0.01)
    assert read.together[0] > read.together[1] + 0.2


def test_a_stretch_does_not_reach_into_the_next_passage() -> None:
    rng = np.random.default_rng(6)
    asked, other = unit(rng, 2), unit(rng, 26)
    first, second = other[:13].copy(), other[13:].copy()
    first[12], second[0] = asked
    passages = [Encoded(vectors.mean(axis=0), vectors, np.ones(13, np.bool_)) for vectors in (first, second)]
    read = TokenCodes.build(pack(passages), dimensions=384).read(
        Encoded(asked.mean(axis=0), asked, np.ones(2, np.bool_)), [0, 1]
    )
    assert (read.together < 0.75).all()


def test_tokens_are_read_alike_without_the_fast_product(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(8)
    passages = [Encoded(one.mean(axis=0), one, np.ones(40, np.bool_)) for one in (unit(rng, 40) for _ in range(30))]
    asked = Encoded(unit(rng, 1)[0], unit(rng, 11), rng.random(11) < 0.6)  # eleven: no multiple of eight
    tokens = TokenCodes.build(pack(passages), dimensions=384)
    fast = tokens.read(asked, range(30))

    def refuse(*_: object) -> None:
        raise RuntimeError("not on this machine")

    monkeypatch.setattr(torch, "_int_mm", refuse)
    refused = tokens.read(asked, range(30))
    monkeypatch.delattr(torch, "_int_mm")
    absent = tokens.read(asked, range(30))
    assert len(set(fast.closeness.tolist())) > 20
    for slow in (refused, absent):
        assert np.argsort(-slow.closeness).tolist() == np.argsort(-fast.closeness).tolist()
        assert slow.closeness == pytest.approx(fast.closeness, abs=1e-6)
        assert slow.together == pytest.approx(fast.together, abs=1e-6)


def test_a_passage_without_tokens_is_near_to_nothing() -> None:
    rng = np.random.default_rng(7)
    asked = Encoded(unit(rng, 1)[0], unit(rng, 2), np.ones(2, np.bool_))
    tokens = TokenCodes.build([b"", pack([asked])[0]], dimensions=384)
    assert list(tokens.read(asked, [0, 1]).together > 0.5) == [False, True]
