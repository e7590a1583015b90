"""The labelled cases must fit the library they were written against."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.samples import PATIENTS
from ingest.samples.make import GUIDELINE_SOURCES
from ingest.samples.source import read_guideline

CASES = Path(__file__).parent / "cases"
HALVES = {"development", "held_out"}


def read(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / name).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def library() -> dict[str, str]:
    """The text in force of each guideline, by its id."""
    guidelines = [read_guideline(path) for path in GUIDELINE_SOURCES.glob("*.md")]
    return {g.facts["id"]: g.body for g in guidelines if g.in_force}


@pytest.mark.parametrize(
    "name", ["answers.jsonl", "claims_seed.jsonl", "walk_answerable.jsonl", "walk_unanswerable.jsonl"]
)
def test_ids_are_unique_and_no_question_or_claim_is_asked_twice(name: str) -> None:
    cases = read(name)
    assert len({case["id"] for case in cases}) == len(cases)
    said = [(case.get("question") or case["claim"]).casefold() for case in cases]
    assert len(set(said)) == len(said)


def test_every_phrase_of_an_answer_is_in_one_of_its_documents_and_every_document_has_one(
    library: dict[str, str],
) -> None:
    for case in read("answers.jsonl"):
        if case["status"] == "answerable":
            texts = [library[document] for document in case["documents"]]
            assert texts and case["phrases"], case["id"]
            assert all(any(phrase in text for text in texts) for phrase in case["phrases"]), case["id"]
            assert all(any(phrase in text for phrase in case["phrases"]) for text in texts), case["id"]


def test_words_of_an_unanswerable_topic_are_nowhere_in_the_library(library: dict[str, str]) -> None:
    everything = "\n".join(library.values())
    unanswerable = [case for case in read("answers.jsonl") if case["status"] == "unanswerable"]
    for case in unanswerable + read("walk_unanswerable.jsonl"):
        assert case["documents"] == [] and case["absent"], case["id"]
        for word in case["absent"]:
            assert not re.search(rf"(?<!\w){re.escape(word)}", everything, re.IGNORECASE), (case["id"], word)


def test_evidence_of_a_claim_stands_verbatim_in_its_document(library: dict[str, str]) -> None:
    for case in read("claims_seed.jsonl"):
        assert case["evidence"], case["id"]
        for sentence in case["evidence"]:
            assert sentence.endswith(".") and sentence in library[case["document"]], case["id"]


def test_most_claims_say_it_in_other_words_than_their_evidence() -> None:
    cases = read("claims_seed.jsonl")
    assert sum(case["claim"] not in case["evidence"] for case in cases) >= len(cases) * 0.5


def test_halves_are_split_by_document_and_by_topic() -> None:
    home: dict[str, set[str]] = {}
    for case in read("answers.jsonl"):
        home.setdefault(case["documents"][0] if case["documents"] else case["topic"], set()).add(case["half"])
    for case in read("claims_seed.jsonl"):
        home.setdefault(case["document"], set()).add(case["half"])
    assert all(len(halves) == 1 and halves <= HALVES for halves in home.values())


def test_there_are_as_many_cases_as_the_reports_promise(library: dict[str, str]) -> None:
    answers, claims = read("answers.jsonl"), read("claims_seed.jsonl")
    for status, least in (("answerable", 150), ("unanswerable", 80)):
        chosen = [case["half"] for case in answers if case["status"] == status]
        assert len(chosen) >= least and min(map(chosen.count, HALVES)) >= least * 0.4
    assert len(claims) >= 250 and min([c["half"] for c in claims].count(half) for half in HALVES) >= 100
    assert {document for case in answers for document in case["documents"]} == set(library)
    assert {case["document"] for case in claims} == set(library)
    assert (len(read("walk_answerable.jsonl")), len(read("walk_unanswerable.jsonl"))) == (20, 10)


def test_the_walk_names_documents_and_patients_that_exist(library: dict[str, str]) -> None:
    bundles = [json.loads(path.read_text(encoding="utf-8")) for path in PATIENTS.glob("*.json")]
    numbers = {bundle["entry"][0]["resource"]["identifier"][0]["value"] for bundle in bundles}
    for case in read("walk_answerable.jsonl"):
        assert case["documents"] and set(case["documents"]) <= set(library), case["id"]
        assert case["patient"] is None or case["patient"] in numbers, case["id"]


def test_every_source_of_a_patient_says_why_the_patient_exists() -> None:
    for path in (GUIDELINE_SOURCES.parent / "patients").glob("*.yaml"):
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["why"].endswith("."), path.stem
