"""Statements in a physician's, a layman's and a small model's words: true ones pass, false ones do not.

Written by hand over guidelines, leaflets and research. Rules were mended from them: their shares say how far that has
come and not what to expect of a new text; before the rules had seen the last 66 true ones, 19 of those were blocked.
"""

import json
from pathlib import Path

import pytest

from cds.evaluation.claims import Claim, false_claims
from cds.grounding import judge_claim
from tests.benchmarks.light_paraphrases import light_paraphrases

CASES = [
    case
    for line in (Path(__file__).parent / "paraphrases.jsonl").read_text(encoding="utf-8").splitlines()
    if (case := json.loads(line))["half"] == "development"
]


def let_through(label: str) -> float:
    verdicts = [judge_claim(case["claim"], case["evidence"]) for case in CASES if case["label"] == label]
    return sum(verdict == "supported" for verdict in verdicts) / len(verdicts)


def test_true_statements_in_other_words_pass() -> None:
    assert let_through("supported") >= 0.87


def test_false_statements_in_other_words_are_blocked() -> None:
    assert let_through("contradicted") <= 0.12


def test_what_the_evidence_does_not_speak_of_is_said_so() -> None:
    of = [case for case in CASES if case["label"] == "not_addressed"]
    right = sum(judge_claim(case["claim"], case["evidence"]) == "not_addressed" for case in of)
    assert right >= 0.9 * len(of)


def test_a_cited_sentence_said_a_little_differently_passes() -> None:
    passages = {tuple(case["evidence"]) for case in CASES}
    said = [(made, passage) for passage in passages for text in passage for _, made in light_paraphrases(text)]
    assert len(said) > 100
    assert sum(judge_claim(claim, passage) == "supported" for claim, passage in said) >= 0.97 * len(said)


@pytest.mark.parametrize(
    ("kind", "most"),  # of these a few are no false claims: "severe to severe", "nil by injection"
    [
        ("number", 0),
        ("unit", 0),
        ("drug", 0),
        ("comparator", 0),
        ("negation", 0),
        ("direction", 0),
        ("strength", 0),
        ("population", 2),
        ("route", 1),
    ],
)
def test_a_cited_sentence_with_one_thing_changed_is_blocked(kind: str, most: int) -> None:
    passages = {tuple(case["evidence"]) for case in CASES}
    true = [Claim(text, passage, "supported") for passage in passages for text in passage]
    made = [claim for claim in false_claims(true) if claim.kind == kind]
    wrong = [claim.claim for claim in made if judge_claim(claim.claim, claim.evidence) == "supported"]
    assert len(made) > 10 * most
    assert len(wrong) <= most, wrong
