"""Retrieval measured on a test set: the measures themselves, the usual ways beside ours, wrong folders."""

import math
from pathlib import Path

import numpy as np
import pytest

from cds.errors import InvalidInput
from knowledge.beir import difference, evaluate, ndcg, read_test_set, recall, reciprocal_rank
from knowledge.embedding import open_embedder

SMALL = Path(__file__).parents[1] / "data" / "beir_small"


def test_measures_are_those_of_the_books() -> None:
    judged = {"a": 2, "b": 1}
    assert ndcg(["a", "b"], judged, 10) == pytest.approx(1.0)
    assert ndcg(["x", "a"], judged, 10) == pytest.approx((2 / math.log2(3)) / (2 + 1 / math.log2(3)))
    assert (recall(["x", "b"], judged, 1), recall(["x", "b"], judged, 2)) == (0.0, 0.5)
    assert reciprocal_rank(["x", "y", "b"], judged, 10) == pytest.approx(1 / 3)


def test_an_interval_holds_the_difference_and_excludes_zero_when_it_is_clear() -> None:
    ours = np.linspace(0.4, 0.9, 200)
    clear, none = difference(ours, ours - 0.1), difference(ours, ours)
    assert clear["low"] > 0.09 and clear["mean"] == pytest.approx(0.1)
    assert none == {"mean": 0.0, "low": 0.0, "high": 0.0}


def test_the_report_has_every_figure_of_the_contract_and_ours_is_no_worse() -> None:
    report = evaluate(read_test_set(SMALL), open_embedder("default"), with_baselines=True)
    figures = {"ndcg@10", "recall@5", "recall@10", "recall@100", "mrr@10", "queries", "ms_per_query"}
    assert figures | {"passages_per_second"} <= set(report)
    assert set(report["baselines"]) == {"bm25", "dense", "rrf", "langchain_faiss"}
    assert all(figures <= set(one) for one in report["baselines"].values())
    assert report["queries"] == 12 and report["recall@100"] == 1.0
    assert report["ndcg@10"] >= max(one["ndcg@10"] for one in report["baselines"].values()) > 0.5


@pytest.mark.parametrize("harm", ["no folder", "no judgements", "not json", "judges nothing"])
def test_a_folder_that_is_no_test_set_is_refused(tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "set"
    if harm != "no folder":
        (folder / "qrels").mkdir(parents=True)
        for name in ("corpus.jsonl", "queries.jsonl", "qrels/test.tsv"):
            (folder / name).write_bytes((SMALL / name).read_bytes())
    if harm == "no judgements":
        (folder / "qrels" / "test.tsv").unlink()
    elif harm == "not json":
        (folder / "corpus.jsonl").write_text("{nothing")
    elif harm == "judges nothing":
        (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n")
    with pytest.raises(InvalidInput) as caught:
        read_test_set(folder)
    assert caught.value.code == "not_a_test_set"
