"""Retrieval measured on a test set in BEIR layout, beside the usual ways of doing it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from cds.errors import InvalidInput
from knowledge.builds import headed
from knowledge.embedding import Embedder, Progress
from knowledge.generations import EmbedderIdentity, Entry, Generation, open_generation, write_generation
from knowledge.late_interaction import TokenCodes, pack
from knowledge.ranking import rank
from knowledge.splitting import split_document

Judgements = Mapping[str, Mapping[str, int]]
Run = Mapping[str, Sequence[str]]  # documents by question, best first
# What the deepest measure looks at.
DEPTH = 100


@dataclass(frozen=True, slots=True)
class Document:
    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class TestSet:
    """Documents, questions, and which document answers which, how well."""

    __test__ = False

    documents: tuple[Document, ...]
    questions: Mapping[str, str]  # those with a judgement only
    judgements: Judgements


def read_test_set(folder: Path) -> TestSet:
    """A folder with corpus.jsonl, queries.jsonl and qrels/test.tsv."""
    try:
        documents = tuple(
            Document(str(row["_id"]), str(row.get("title") or ""), str(row.get("text") or ""))
            for row in _lines(folder / "corpus.jsonl")
        )
        questions = {str(row["_id"]): str(row["text"]) for row in _lines(folder / "queries.jsonl")}
        judgements = _judgements(folder / "qrels" / "test.tsv", questions.keys(), {one.id for one in documents})
    except OSError as error:
        raise InvalidInput(
            f"{folder} is no test set in BEIR layout: {error.filename} cannot be read. It needs corpus.jsonl, "
            "queries.jsonl and qrels/test.tsv.",
            code="not_a_test_set",
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{folder} is no test set in BEIR layout: {error}.", code="not_a_test_set") from None
    if not judgements:
        raise InvalidInput(f"{folder} judges no document of its corpus for any question.", code="not_a_test_set")
    return TestSet(documents, {key: text for key, text in questions.items() if key in judgements}, judgements)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]


def _judgements(path: Path, questions: Any, documents: set[str]) -> Judgements:
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        if not line.strip() or (number == 0 and not line.rstrip().split("\t")[-1].lstrip("-").isdigit()):
            continue  # a heading
        question, document, grade = line.split("\t")[:3]
        if int(grade) > 0 and question in questions and document in documents:
            found.setdefault(question, {})[document] = int(grade)
    return found


# ── measures ─────────────────────────────────────────────────────────────────────────────────────────────────────


def ndcg(found: Sequence[str], judged: Mapping[str, int], depth: int) -> float:
    """Discounted gain of the first `depth` documents, over the best that was possible (as trec_eval counts it)."""
    best = sorted(judged.values(), reverse=True)[:depth]
    gain = sum(judged.get(one, 0) / np.log2(place + 2) for place, one in enumerate(found[:depth]))
    return float(gain / sum(grade / np.log2(place + 2) for place, grade in enumerate(best)))


def recall(found: Sequence[str], judged: Mapping[str, int], depth: int) -> float:
    """Which part of the relevant documents stands among the first `depth`."""
    return len(judged.keys() & set(found[:depth])) / len(judged)


def reciprocal_rank(found: Sequence[str], judged: Mapping[str, int], depth: int) -> float:
    """One over the place of the first relevant document."""
    return next((1 / place for place, one in enumerate(found[:depth], 1) if one in judged), 0.0)


MEASURES: Mapping[str, Callable[[Sequence[str], Mapping[str, int]], float]] = {
    "ndcg@10": lambda found, judged: ndcg(found, judged, 10),
    "recall@5": lambda found, judged: recall(found, judged, 5),
    "recall@10": lambda found, judged: recall(found, judged, 10),
    "recall@100": lambda found, judged: recall(found, judged, 100),
    "mrr@10": lambda found, judged: reciprocal_rank(found, judged, 10),
}


def by_question(run: Run, judgements: Judgements, measure: str) -> npt.NDArray[np.float64]:
    """One measure for every question."""
    return np.array([MEASURES[measure](run[question], judged) for question, judged in judgements.items()])


def difference(ours: npt.NDArray[np.float64], theirs: npt.NDArray[np.float64]) -> dict[str, float]:
    """The mean difference with its 95 % interval by paired bootstrap over questions."""
    paired = ours - theirs
    # 2,000 samples fix the ends of the interval to about the third digit.
    samples = np.random.default_rng(1).integers(0, len(paired), (2_000, len(paired)))
    low, high = np.percentile(paired[samples].mean(axis=1), [2.5, 97.5])
    return {"mean": float(paired.mean()), "low": float(low), "high": float(high)}


# ── our own search ───────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Timed:
    """What was found, and what it took."""

    run: Run
    milliseconds: tuple[float, ...]  # of every question, its embedding included
    embedding: tuple[float, ...] = ()  # of that, its embedding
    passages_per_second: float | None = None


class Corpus:
    """The documents of a test set as passages, embedded once."""

    def __init__(self, tests: TestSet, embedder: Embedder, progress: Progress | None) -> None:
        self.tests, self.embedder = tests, embedder
        pieces = [(i, piece) for i, one in enumerate(tests.documents) for piece in split_document(one.text)]
        self.owner = np.array([i for i, _ in pieces])
        self.texts = [headed(tests.documents[i].title, (), piece) for i, piece in pieces]
        started = perf_counter()
        self.vectors = np.zeros((len(self.texts), embedder.dimensions), np.float32)
        packed = [b""] * len(self.texts)
        for some in embedder.encode_passages(self.texts, progress):
            codes = pack([encoded for _, encoded in some])
            for (number, encoded), code in zip(some, codes, strict=True):
                self.vectors[number], packed[number] = encoded.pooled, code
        self.tokens = TokenCodes.build(packed, dimensions=embedder.dimensions)
        self.passages_per_second = len(self.texts) / (perf_counter() - started)

    def generation(self, root: Path) -> Generation:
        """An index of them, written and opened like any other."""
        entries = [Entry(f"{number:024d}", "tests", text) for number, text in enumerate(self.texts)]
        identity = EmbedderIdentity(self.embedder.name, self.embedder.digest)
        return open_generation(root, write_generation(root, entries, self.vectors, identity, tokens=self.tokens))


def search_all(corpus: Corpus) -> Timed:
    """Every question through the search of this product."""
    with TemporaryDirectory(prefix="cds-beir-") as folder:
        generation = corpus.generation(Path(folder))
        embedding: list[float] = []
        found = timed(corpus, lambda text: _search(corpus, generation, text, embedding))
        return replace(found, embedding=tuple(embedding[1:]))


def timed(corpus: Corpus, search: Callable[[str], Sequence[str]]) -> Timed:
    """Ask every question once, after one that warms everything up."""
    questions = corpus.tests.questions
    search(next(iter(questions.values())))
    run, taken = {}, []
    for question, text in questions.items():
        started = perf_counter()
        run[question] = search(text)
        taken.append(1000 * (perf_counter() - started))
    return Timed(run, tuple(taken), passages_per_second=corpus.passages_per_second)


def _search(corpus: Corpus, generation: Generation, text: str, embedding: list[float]) -> list[str]:
    started = perf_counter()
    encoded = corpus.embedder.encode_query(text)
    embedding.append(1000 * (perf_counter() - started))
    ranked = rank(generation, text, encoded)
    owners = corpus.owner[ranked.numbers]
    first = np.sort(np.unique(owners, return_index=True)[1])[:DEPTH]
    return [corpus.tests.documents[owner].id for owner in owners[first]]


def summary(timed: Timed, judgements: Judgements) -> dict[str, Any]:
    """The measures of one way of searching, as the command prints them."""
    measured: dict[str, Any] = {name: float(by_question(timed.run, judgements, name).mean()) for name in MEASURES}
    report = {
        **measured,
        "queries": len(judgements),
        "ms_per_query": _spread(timed.milliseconds),
        "passages_per_second": timed.passages_per_second,
    }
    return {**report, "ms_embedding": _spread(timed.embedding)} if timed.embedding else report


def _spread(values: Sequence[float]) -> dict[str, float]:
    p50, p95 = np.percentile(values, [50, 95])
    return {"p50": float(p50), "p95": float(p95)}


def evaluate(
    tests: TestSet, embedder: Embedder, progress: Progress | None = None, *, with_baselines: bool = False
) -> dict[str, Any]:
    """The measures of this product's search on a test set, and of the usual ways beside it."""
    corpus = Corpus(tests, embedder, progress)
    ours = search_all(corpus)
    report = summary(ours, tests.judgements)
    if with_baselines:
        from knowledge.baselines import baselines

        others = baselines(corpus, progress)
        report["baselines"] = {name: summary(one, tests.judgements) for name, one in others.items()}
        mine = by_question(ours.run, tests.judgements, "ndcg@10")
        report["differences"] = {
            name: difference(mine, by_question(one.run, tests.judgements, "ndcg@10")) for name, one in others.items()
        }
    return report
