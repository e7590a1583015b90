"""Abstracts, leaflets and guidelines that no rule was written from: true statements pass, false ones do not."""

import json
from pathlib import Path

from cds.grounding import judge_claim

CASES = [json.loads(line) for line in (Path(__file__).parent / "other_texts.jsonl").read_text().splitlines()]


def share(label: str) -> float:
    """The share of one label that is let through."""
    verdicts = [judge_claim(case["claim"], case["evidence"]) for case in CASES if case["label"] == label]
    return sum(verdict == "supported" for verdict in verdicts) / len(verdicts)


def test_true_statements_pass() -> None:
    assert share("supported") >= 0.92


def test_false_statements_are_blocked() -> None:
    assert share("contradicted") <= 0.04


def test_unrelated_statements_are_not_addressed() -> None:
    verdicts = [judge_claim(case["claim"], case["evidence"]) for case in CASES if case["label"] == "not_addressed"]
    assert set(verdicts) == {"not_addressed"}


def test_every_sentence_supports_itself() -> None:
    for case in CASES:
        assert judge_claim(case["evidence"][0], case["evidence"]) == "supported", case["evidence"]
