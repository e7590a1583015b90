"""Absolute risks read from sentences as libraries write them."""

import pytest

from cds.sharing.grid import Share, denominator
from cds.sharing.risks import shares_in

CASES = [
    (
        "No anticoagulant: of 100 people with a CHA2DS2-VASc score of 2, about 2 have a stroke in one year, and of 100 "
        "people with a score of 4, about 5 have a stroke in one year.",
        [(2, 100, "have a stroke in one year"), (5, 100, "have a stroke in one year")],
    ),
    (
        "About 240 of 1,000 tested men have a raised result, and many of those have a biopsy that shows no cancer.",
        [(240, 1000, "have a raised result")],
    ),
    (
        "Of 100 adults who stop, about 10 have another clot within 1 year and about 25 within 5 years.",
        [(10, 100, "have another clot within 1 year"), (25, 100, "have another clot within 5 years")],
    ),
    (
        "Of 100 people with a 10-year risk of 10%, 6 have a heart attack within 10 years and 94 do not, "
        "so 4 are spared one.",
        [(6, 100, "have a heart attack within 10 years")],
    ),
    ("No woman has a false alarm from screening.", [(0, 100, "has a false alarm from screening")]),
    (
        "Antibiotics cause thrush, rash or diarrhoea in about 10 in 100.",
        [(10, 100, "Antibiotics cause thrush, rash or diarrhoea in")],
    ),
    ("Offer nitrofurantoin 100 mg twice a day for 3 days, if eGFR is 45 mL/min/1.73 m² or higher.", []),
    ("Blood pressure of 160/100 mmHg or higher in adults.", []),
    ("The figures are for 1,000 men aged 55 to 69 years who are followed for 13 years.", []),
]


@pytest.mark.parametrize(("sentence", "expected"), CASES)
def test_how_many_of_how_many_and_what_happens(sentence: str, expected: list[tuple[float, int, str]]) -> None:
    found = [(share.count, share.of, share.outcome) for share in shares_in(sentence)]
    assert [one[:2] for one in found] == [one[:2] for one in expected]
    assert all(theirs[2].startswith(ours[2].removesuffix(" in")) for theirs, ours in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("sentence", "sense", "more"),
    [
        ("Fewer than 1 in 100 has a major bleed within 1 year.", "<", False),
        ("About 1 more person in 250 is found to have diabetes over 4 years.", "=", True),
        ("More than 15 in 100 people die within a year.", ">", False),
    ],
)
def test_fewer_more_and_additional_are_kept(sentence: str, sense: str, more: bool) -> None:
    (share,) = shares_in(sentence)
    assert (share.sense, share.more) == (sense, more)


def test_one_denominator_fits_the_rarest_outcome() -> None:
    common, rare, none = Share(5, 100, ""), Share(4, 1000, ""), Share(0, 100, "")
    assert denominator((common, none)) == 100
    assert denominator((common, rare)) == 1000
    assert denominator(()) == 100


def test_numbers_of_two_groups_say_which_people_they_count() -> None:
    sentence = (
        "Of 100 people with a score of 2, about 2 have a stroke in one year, "
        "and of 1,000 people with a score of 4, about 50 have a stroke in one year."
    )
    assert [(share.count, share.of, share.among) for share in shares_in(sentence)] == [
        (2, 100, "with a score of 2"),
        (50, 1000, "with a score of 4"),
    ]


def test_each_number_of_a_sentence_has_the_outcome_that_stands_before_it() -> None:
    sentence = (
        "Nausea, headache or sleep problems affect about 20 in 100 in the first 2 weeks, "
        "and problems with sex affect 30 in 100 or more."
    )
    assert [(share.count, share.outcome) for share in shares_in(sentence)] == [
        (20, "Nausea, headache or sleep problems"),
        (30, "problems with sex"),
    ]
