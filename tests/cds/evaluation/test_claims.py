"""Labelled claims are read, false ones are made of true ones, and the figures say what was let through."""

from pathlib import Path

import pytest

from cds.errors import InvalidInput
from cds.evaluation.claims import Claim, evaluate_claims, false_claims, read_claims, words_shared
from cds.evaluation.claims_report import claims_page
from cds.evaluation.mutations import KINDS, mutations
from cds.grounding import judge_claim

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
    assert [(bad.line, bad.code) for bad in refused] == [
        (2, "not_json"),
        (4, "bad_evidence"),
        (5, "bad_label"),
        (6, "bad_claim"),
        (7, "not_an_object"),
    ]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"claim": "\xff\xfe", "evidence": [""]}', "not_json"),
        (b"[" * 5_000, "not_json"),
        (b'{"claim": 5, "evidence": ["5"]}', "bad_claim"),
        (b'{"claim": "Give 5 mg.", "evidence": [null]}', "bad_evidence"),
        (b'{"claim": "Give 5 mg.", "evidence": {"0": "Give"}}', "bad_evidence"),
        (b'{"claim": "Give 5 mg.", "evidence": ["Give"], "label": ["supported"]}', "bad_label"),
        (b'{"claim": "' + b"Give 5 mg. " * 1_000 + b'", "evidence": ["Give 5 mg."]}', "too_long"),
        (b'{"claim": "Give 5 mg.", "evidence": ["' + b"Give 5 mg. " * 40_000 + b'"]}', "too_long"),
    ],
)
def test_hostile_lines_are_refused_and_the_rest_is_read(tmp_path: Path, line: bytes, code: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"claim": "Give 5 mg.", "evidence": ["Give 5 mg."]}\r\n' + line)
    claims, refused = read_claims(file)
    assert len(claims) == 1
    assert [(bad.line, bad.code) for bad in refused] == [(2, code)]


@pytest.mark.parametrize(
    ("claim", "evidence", "verdict"),
    [
        ("Give 5 mg.", [], "not_addressed"),
        ("Give 5 mg.", ["", "  "], "not_addressed"),
        ("…", ["Give 5 mg."], "not_addressed"),
        ("\u202eGive amoxicillin 5 mg.", ["Give amoxicillin 5 mg."], "not_addressed"),
        ("Give amoxicillin 5\u00a0mg — once daily.", ["Give amoxicillin 5 mg once daily."], "supported"),
        ("Give amoxicillin 5 mg.", ["Nothing here matters. " * 4_000, "Give amoxicillin 5 mg."], "supported"),
        ("(" * 400, ["Give 5 mg."], "not_addressed"),
    ],
)
def test_a_strange_claim_has_a_verdict(claim: str, evidence: list[str], verdict: str) -> None:
    assert judge_claim(claim, evidence) == verdict


def test_counting_shared_words_blocks_no_changed_number() -> None:
    wrong = Claim("Give 50 mg twice daily.", ("Give 5 mg twice daily.",), "contradicted", kind="number")
    assert evaluate_claims([wrong])["blocked"]["number"]["share"] == 1
    assert evaluate_claims([wrong], judge=words_shared)["blocked"]["number"]["share"] == 0


def test_the_page_holds_every_kind_and_loads_nothing() -> None:
    true = [claim for claim in read_claims(SEEDS)[0] if claim.half == "development"][:20]
    claims = [*true, *false_claims(true)]
    figures = {"a <set>": {"checks": evaluate_claims(claims), "words": evaluate_claims(claims, judge=words_shared)}}
    page = claims_page(figures, title="Checks")
    assert all(kind in page for kind in figures["a <set>"]["checks"]["blocked"])
    assert "a &lt;set&gt;" in page
    assert "<script" not in page and "http" not in page


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
