"""The usual ways to retrieve, on the same documents and embedder: what this product's search is held against."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from knowledge.beir import DEPTH, Corpus, Timed, timed
from knowledge.embedding import Progress, Vectors

Search = Callable[[str], Sequence[str]]
_WORD = re.compile(r"(?u)\b\w\w+\b")  # what the usual BM25 packages take for a word
# The constant of the paper that introduced reciprocal rank fusion.
_RRF = 60
_K1, _B = 1.5, 0.75  # the defaults of the usual BM25 packages


def baselines(corpus: Corpus, progress: Progress | None = None) -> Mapping[str, Timed]:
    """BM25, dense vectors of whole documents, their rank fusion, and LangChain's FAISS store."""
    ids = [one.id for one in corpus.tests.documents]
    texts = [f"{one.title} {one.text}".strip() for one in corpus.tests.documents]
    vectors = _document_vectors(corpus, texts, progress)
    bm25, dense = _bm25(ids, texts), _dense(corpus, ids, vectors)
    ways = {"bm25": bm25, "dense": dense, "rrf": _rrf(bm25, dense), "langchain_faiss": _langchain(corpus, ids, vectors)}
    return {name: timed(corpus, way) for name, way in ways.items()}


def _document_vectors(corpus: Corpus, texts: list[str], progress: Progress | None) -> Vectors:
    """One vector a document, cut where the model stops reading, as everybody does."""
    known = dict(zip(corpus.texts, corpus.vectors, strict=True))
    new = [text for text in dict.fromkeys(texts) if text not in known]
    known.update(zip(new, corpus.embedder.embed_passages(new, progress), strict=True))
    return np.stack([known[text] for text in texts])


def _bm25(ids: list[str], texts: list[str]) -> Search:
    from knowledge.keyword_index import KeywordIndex

    index = KeywordIndex.build(texts, split=_plain_words, k1=_K1, b=_B)

    def search(question: str) -> list[str]:
        scores = index.scores(dict.fromkeys(_plain_words(question), 1.0))
        return [ids[i] for i in _best(scores) if scores[i] > 0]

    return search


def _plain_words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _dense(corpus: Corpus, ids: list[str], vectors: Vectors) -> Search:
    def search(question: str) -> list[str]:
        return [ids[i] for i in _best(vectors @ corpus.embedder.embed_query(question))]

    return search


def _rrf(*ways: Search) -> Search:
    def search(question: str) -> list[str]:
        points: dict[str, float] = {}
        for way in ways:
            for place, one in enumerate(way(question), 1):
                points[one] = points.get(one, 0.0) + 1 / (_RRF + place)
        return sorted(points, key=lambda one: (-points[one], one))[:DEPTH]

    return search


def _langchain(corpus: Corpus, ids: list[str], vectors: Vectors) -> Search:
    """What LangChain's FAISS store does by default: an exact index by Euclidean distance over whole documents."""
    from knowledge.dense_index import flat_euclidean

    index: Any = flat_euclidean(vectors)

    def search(question: str) -> list[str]:
        _, found = index.search(corpus.embedder.embed_query(question)[None, :], min(DEPTH, len(ids)))
        return [ids[i] for i in found[0]]

    return search


def _best(scores: Vectors) -> list[int]:
    count = min(DEPTH, len(scores))
    best = np.argpartition(-scores, count - 1)[:count]
    return [int(i) for i in best[np.lexsort((best, -scores[best]))]]
