"""Fit what scores mean on the labelled questions over the sample library: `python -m tests.benchmarks.relevance`.

CDS_DATA must hold the sample library. Weights are fitted on the development half, written to knowledge/relevance.json
and judged on the held-out half; the table printed is the calibration curve of that half.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from sklearn.linear_model import LogisticRegression

import knowledge.relevance as relevance
from api.services import Services, services_from_environment
from cds.clock import today
from knowledge.ranking import rank

CASES = Path(__file__).parents[1] / "evaluation" / "cases" / "answers.jsonl"
# Little is known from 168 questions: weights are held towards zero.
_HELD = 3.0


def area(values: np.ndarray, right: np.ndarray) -> float:
    """The chance that something right has a higher value than something wrong."""
    return float(np.mean([(one > values[~right]).mean() + (one == values[~right]).mean() / 2 for one in values[right]]))


def measured(services: Services, cases: list[dict[str, Any]]) -> tuple[np.ndarray, list[tuple[Any, ...]]]:
    """The measures of every question, and of the first passages of every answerable one."""
    questions, passages = [], []
    with services.db.reading() as tx:
        generation = services.builder.current(tx)
        assert generation is not None, "load the sample library first"
        allowed = generation.allowed(services.library.in_force(tx, today(services.clock)))
        for number, case in enumerate(cases):
            ranked = rank(
                generation, case["question"], services.embedder.encode_query(case["question"]), allowed=allowed
            )
            questions.append(relevance.question_measures(generation, case["question"], ranked))
            if case["status"] != "answerable":
                continue
            ids = generation.passage_ids(ranked.numbers[: relevance.READ].tolist())
            texts = services.library.passages(tx, ids)
            for place, passage in enumerate(ids):
                says = any(_plain(phrase) in _plain(texts[passage].text) for phrase in case["phrases"])
                right = texts[passage].document.id in case["documents"]
                if says or not right:  # another passage of the right document may bear on it or not: not counted
                    passages.append((number, relevance.passage_measures(ranked, place), says))
    return np.array(questions), passages


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def main() -> None:
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]
    right = np.array([case["status"] == "answerable" for case in cases])
    known = np.array([case["half"] == "development" for case in cases])
    questions, passages = measured(services_from_environment(), cases)
    of = np.array([number for number, _, _ in passages])
    rows, says = np.array([row for _, row, _ in passages]), np.array([said for _, _, said in passages])
    kept: dict[str, Any] = {
        "fitted": "tests/benchmarks/relevance.py on the development half of tests/evaluation/cases/answers.jsonl",
        "regularisation": f"L2, C={_HELD}",
    }
    for name, names, values, labels, half in (
        ("question", relevance.QUESTION_MEASURES, questions, right, known),
        ("passage", relevance.PASSAGE_MEASURES, rows, says, known[of]),
    ):
        fitted = LogisticRegression(C=_HELD, max_iter=10_000).fit(values[half], labels[half])
        chance = fitted.predict_proba(values)[:, 1]
        kept[name] = {
            "base": round(float(fitted.intercept_[0]), 4),
            "weights": {key: round(float(one), 4) for key, one in zip(names, fitted.coef_[0], strict=True)},
            "area": {
                "development": round(area(chance[half], labels[half]), 4),
                "held_out": round(area(chance[~half], labels[~half]), 4),
            },
            "cases": {"development": int(half.sum()), "held_out": int((~half).sum())},
        }
        print(name, kept[name])
        for low in np.arange(0, 1, 0.2):
            here = ~half & (chance >= low) & (chance < low + 0.2)
            if here.any():
                said = f"said {chance[here].mean():.2f}, true {labels[here].mean():.2f} of {here.sum()}"
                print(f"  {low:.1f}–{low + 0.2:.1f}: {said}")
    Path(relevance.__file__).with_name("relevance.json").write_bytes(
        orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    )


if __name__ == "__main__":
    main()
