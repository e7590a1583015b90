"""Fit and judge the confidence that the library answers: `python -m tests.benchmarks.confidence` on CDS_DATA."""

import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from api.services import Services, services_from_environment
from cds.confidence import about_these_people, measures
from cds.grounding.answers_question import check_question
from cds.offer import offer
from knowledge.vocabulary import in_full

CASES = Path(__file__).parents[1] / "evaluation" / "cases" / "answers.jsonl"
NAMES = ("relevance", "near", "score", "not spoken of", "not in the best passage", "unknown medicines")


def measured(services: Services, question: str) -> tuple[float, ...]:
    """The measures of one question, none of them when nothing was found."""
    evidence = services.knowledge.search(question)
    meant = in_full(question)
    offered = [
        one
        for one in offer(question, evidence.hits, similarity=services.nearness)
        if about_these_people(meant, one) and check_question(one.sentence.text, meant, one.passage).outcome != "fail"
    ]
    return measures(meant, evidence, offered) if offered else (0.0,) * len(NAMES)


def area(values: np.ndarray, right: np.ndarray) -> float:
    """The chance that an answerable question has more of it than an unanswerable one."""
    return float(np.mean([(one > values[~right]).mean() + (one == values[~right]).mean() / 2 for one in values[right]]))


def main() -> None:
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]
    services = services_from_environment()
    rows = np.array([measured(services, case["question"]) for case in cases])
    right = np.array([case["status"] == "answerable" for case in cases])
    known = np.array([case["half"] == "development" for case in cases])
    fitted = LogisticRegression(C=3.0, max_iter=10_000).fit(rows[known], right[known])
    print("weights", dict(zip(NAMES, fitted.coef_[0].round(2), strict=True)), "base", round(fitted.intercept_[0], 2))
    chance = fitted.predict_proba(rows)[:, 1]
    for label, half in (("development", known), ("held out", ~known)):
        print(f"{label:12} area {area(chance[half], right[half]):.3f}", end="")
        for least in (0.3, 0.4, 0.5, 0.6, 0.7):
            answered, silent = (chance[half & right] >= least).mean(), (chance[half & ~right] < least).mean()
            print(f"  ≥{least}: {answered:.2f}/{silent:.2f}", end="")
        print()
    for case, value, row in sorted(zip(cases, chance, rows, strict=True), key=lambda one: one[1]):
        wrong = (value >= 0.5) != (case["status"] == "answerable")
        if wrong:
            print(f"{value:.2f} {case['status']:12} {case['question']}  {row.round(2)}")


if __name__ == "__main__":
    main()
