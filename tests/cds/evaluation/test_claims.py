"""Labelled claims are read, false ones are made of true ones, and the figures say what was let through."""

from pathlib import Path

import pytest

from cds.errors import InvalidInput
from cds.evaluation.claims import Claim, evaluate_claims, false_claims, read_claims
from cds.evaluation.mutations import KINDS, mutations

SEEDS = Path(__file__).parents[2] / "evaluation" / "cases" / "claims_seed.jsonl"
TRUE = Claim(
    "In adults 500 mg should be given twice daily for at least 5 days.",
    ("Give adults 500 mg BD for 5 days or more.",),
    "supported",
)


def test_a_bad_line_is_refused_with_its_number(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(
        '{"claim": "Give 5 mg.", "evidence": ["Give 5 mg."], "label": "supported"}\n'
        "no json\n\n"
        '{"claim": "Give 5 mg.", "evidence": "Give 5 mg.", "label": "supported"}\n'
        '{"claim": "Give 5 mg.", "evidence": ["Give 5 mg."], "label": "true"}\n'
        '{"claim": " ", "evidence": ["Give 5 mg."], "label": "supported"}\n'
        "[1]\n"
    )
    claims, refused = read_claims(file)
    assert len(claims) == 1
    assert [bad.line for bad in refused] == [2, 4, 5, 6, 7]


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_a_file_without_claims_is_a_mistake(tmp_path: Path, content: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(content)
    with pytest.raises(InvalidInput):
        read_claims(file)
    with pytest.raises(InvalidInput):
        read_claims(tmp_path / "absent.jsonl")


def test_every_label_and_verdict_is_counted() -> None:
    report = evaluate_claims([TRUE, Claim("Give 50 mg.", ("Give 5 mg.",), "contradicted")])
    assert report["confusion"]["supported"] == {"supported": 1, "contradicted": 0, "not_addressed": 0}
    assert report["confusion"]["contradicted"]["supported"] == 0
    assert set(report["ms_per_claim"]) == {"p50", "p95", "p99"}
    assert report["falsely_blocked"] == 0


def test_one_thing_is_changed_in_each_false_claim() -> None:
    made = mutations(TRUE.claim)
    assert {m.kind for m in made} >= {"number", "unit", "comparator", "negation", "population", "strength"}
    assert "In adults 5000 mg should be given twice daily for at least 5 days." in {m.claim for m in made}
    assert TRUE.claim not in {m.claim for m in made}


def test_a_thousand_false_claims_come_of_the_true_ones_of_the_samples() -> None:
    true, refused = read_claims(SEEDS)
    assert not refused
    made = list(false_claims(true))
    assert len(made) >= 1_000
    assert {one.kind for one in made} == set(KINDS)


def test_a_medicine_that_the_evidence_names_is_no_false_one() -> None:
    said = Claim("Codeine is avoided.", ("Avoid codeine and tramadol.",), "supported")
    assert not any("ramadol" in one.claim for one in false_claims([said]))


def test_the_development_half_is_told_apart() -> None:
    true = [claim for claim in read_claims(SEEDS)[0] if claim.half == "development"]
    report = evaluate_claims([*true, *false_claims(true)])
    assert report["falsely_blocked"] <= 0.05
    for kind in ("number", "unit", "drug"):
        assert report["blocked"][kind]["share"] >= 0.99, kind
    for kind in ("comparator", "population", "strength"):
        assert report["blocked"][kind]["share"] >= 0.9, kind
