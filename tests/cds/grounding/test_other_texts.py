"""Abstracts, leaflets and guidelines in other words: true statements pass, false ones do not.

The hard ones were written to find faults: long sentences, two clauses against one another, "it" for what stood before.
Rules were mended from them, so their shares say how far that has come and not what to expect of a new text.
"""

import json
from pathlib import Path

from cds.grounding import judge_claim

CASES = [json.loads(line) for line in (Path(__file__).parent / "other_texts.jsonl").read_text().splitlines()]


def share(label: str, *, hard: bool = False) -> float:
    """The share of one label that is let through."""
    cases = [case for case in CASES if case["label"] == label and case.get("hard", False) == hard]
    verdicts = [judge_claim(case["claim"], case["evidence"]) for case in cases]
    return sum(verdict == "supported" for verdict in verdicts) / len(verdicts)


def test_true_statements_pass() -> None:
    assert share("supported") >= 0.92


def test_false_statements_are_blocked() -> None:
    assert share("contradicted") <= 0.04


def test_most_hard_true_statements_pass() -> None:
    assert share("supported", hard=True) >= 0.82


def test_most_hard_false_statements_are_blocked() -> None:
    assert share("contradicted", hard=True) <= 0.11


def test_unrelated_statements_are_not_addressed() -> None:
    verdicts = [judge_claim(case["claim"], case["evidence"]) for case in CASES if case["label"] == "not_addressed"]
    assert set(verdicts) == {"not_addressed"}


def test_every_sentence_supports_itself() -> None:
    for case in CASES:
        assert judge_claim(case["evidence"][0], case["evidence"]) == "supported", case["evidence"]
