"""Reordering by a cross-encoder: a real, tiny one made here, and what happens where there is none."""

from pathlib import Path

import pytest
import torch

from cds.errors import InvalidSetting, Unavailable
from knowledge.reranking import CrossEncoder, KeepOrder, open_reranker

TEXTS = ["rest and fluids", "metformin is stopped when the kidneys fail", "a cast for six weeks"]
WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] rest and fluids metformin is stopped when the kidneys fail a cast for six weeks"


def tiny(folder: Path, *, labels: int = 1) -> Path:
    """A cross-encoder of one small layer with random weights, saved as any other is."""
    from sentence_transformers import CrossEncoder as Model
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(WORDS.split()))
    config = BertConfig(
        vocab_size=len(WORDS.split()), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, max_position_embeddings=64, num_labels=labels,
    )  # fmt: skip
    torch.manual_seed(7)
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    Model(str(folder), device="cpu", num_labels=labels).save_pretrained(str(folder))
    return folder


def test_the_order_is_that_of_the_models_scores(tmp_path: Path) -> None:
    reranker = CrossEncoder(tiny(tmp_path / "model"))
    scores = reranker.scores("metformin", TEXTS)
    order = reranker.order("metformin", TEXTS)
    assert len(set(scores)) == 3
    assert [scores[place] for place in order] == sorted(scores, reverse=True)
    assert reranker.order("metformin", TEXTS[::-1]) == [2 - place for place in order]
    assert reranker.order("metformin", []) == []


def test_without_a_model_the_order_stays() -> None:
    assert isinstance(open_reranker("none"), KeepOrder)
    assert open_reranker("none").order("metformin", TEXTS) == [0, 1, 2]


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="CDS_RERANKER"):
        open_reranker(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(Unavailable) as caught:
        open_reranker(str(tmp_path)).order("metformin", TEXTS)
    assert caught.value.code == "reranker_unavailable"


def test_a_model_with_several_answers_is_no_reranker(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="one score"):
        CrossEncoder(tiny(tmp_path / "model", labels=3)).order("metformin", TEXTS)
