"""The words a search compares, and the other names of what a question says."""

import pytest

from knowledge.vocabulary import other_names, spelled_out, vocabulary
from knowledge.words import words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5-FU", "5FU"),
        ("COVID-19", "covid19"),
        ("SGLT2i", "SGLT2 inhibitor"),
        ("haemoglobin", "hemoglobin"),
        ("oedema", "edema"),
        ("tumours", "tumor"),
        ("anaemia", "anemia"),
        ("infections", "infection"),
        ("HbA1c", "hba1c"),
        ("eGFR<30", "eGFR 30"),
    ],
)
def test_two_ways_of_writing_one_thing_meet(one: str, other: str) -> None:
    assert set(words(one)) & set(words(other))


@pytest.mark.parametrize(
    ("one", "other"), [("2.5 mg", "25 mg"), ("type 1 diabetes", "type 2 diabetes"), ("SGLT2", "SGLT1")]
)
def test_figures_stay_apart(one: str, other: str) -> None:
    assert words(one) != words(other)


def test_negation_is_content_and_everyday_words_are_not() -> None:
    assert words("not without the") == ["not", "without"]


def test_abbreviations_are_spelled_out_only_as_written() -> None:
    assert spelled_out("CAP in adults") == "CAP (community acquired pneumonia) in adults"
    assert spelled_out("a red cap") == "a red cap"
    assert spelled_out("WHAT IS MS") == "WHAT IS MS"


def test_everyday_names_bring_clinical_ones() -> None:
    assert other_names("Can a blood thinner cause a nosebleed?") == ["anticoagulant", "epistaxis"]


def test_the_vocabulary_says_each_term_once() -> None:
    abbreviations, lay = vocabulary()
    assert len(abbreviations) > 90 and len(lay) > 60
    assert all(name == name.lower() for name in lay)
