"""Whom a recommendation is for, decided by a line of the chart, and open when the chart does not say."""

# ruff: noqa: E501 a table of cases reads better one case a line

import pytest

from cds.applicability import applicability
from cds.patient import PatientFacts
from cds.recommendation import Citation, Statement
from cds.safety import forbidden
from tests.cds.safety.charts import ON, allergy, condition, patient, pregnancy_status, result


def judged(text: str, facts: PatientFacts) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    applies, because, missing = applicability(Statement(text, "recommendation", ()), facts, ON)
    return applies, tuple(line.text for line in because), missing


@pytest.mark.parametrize(
    ("text", "facts", "verdict", "line"),
    [
        ("Offer statins to adults aged 40 years and over.", patient(age=52), "applies", "age 52"),
        ("Offer statins to adults aged 40 years and over.", patient(age=39), "excluded", "age 39"),
        ("In children under 12 years, use a spacer.", patient(age=11), "applies", "age 11"),
        ("In children under 12 years, use a spacer.", patient(age=12), "excluded", "age 12"),
        ("Offer screening to women aged 50 to 69 years.", patient(age=70), "excluded", "age 70"),
        ("Offer screening to men.", patient(sex="male"), "applies", "male"),
        ("Offer screening to men.", patient(sex="female"), "excluded", "female"),
        ("Do not offer ACE inhibitors to pregnant women.", patient(observations=(pregnancy_status("Pregnant"),)), "applies", "Pregnancy status: Pregnant, 2026-11-01"),
        ("Do not offer ACE inhibitors in pregnancy.", patient(observations=(pregnancy_status("Not pregnant"),)), "excluded", "Pregnancy status: Not pregnant, 2026-11-01"),
        ("In adults with atrial fibrillation, offer a direct oral anticoagulant.", patient(conditions=(condition("Atrial fibrillation"),)), "applies", "Atrial fibrillation"),
        ("In people with AF, offer a direct oral anticoagulant.", patient(conditions=(condition("Atrial fibrillation"),)), "applies", "Atrial fibrillation"),
        ("Offer dapagliflozin to adults with chronic kidney disease without type 1 diabetes.", patient(conditions=(condition("Chronic kidney disease stage 3"), condition("Type 1 diabetes mellitus"))), "excluded", "Type 1 diabetes mellitus"),
        ("Stop metformin if eGFR is below 30.", patient(observations=(result("egfr", 24),)), "applies", "eGFR: 24 mL/min, 2026-11-01"),
        ("Stop metformin if eGFR is below 30.", patient(observations=(result("egfr", 30),)), "excluded", "eGFR: 30 mL/min, 2026-11-01"),
        ("For people allergic to penicillin, offer doxycycline.", patient(allergies=(allergy("Amoxicillin"),), allergies_known="listed"), "applies", "allergy: Amoxicillin"),
        ("For people allergic to penicillin, offer doxycycline.", patient(allergies_known="none"), "excluded", "no known allergies"),
        ("In adults with a penicillin allergy, offer levofloxacin 500 mg twice a day.", patient(age=40, allergies=(allergy("Amoxicillin"),), allergies_known="listed"), "applies", "allergy: Amoxicillin"),
    ],
)  # fmt: skip
def test_the_chart_decides(text: str, facts: PatientFacts, verdict: str, line: str) -> None:
    applies, because, _ = judged(text, facts)
    assert applies == verdict
    assert line in because


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Stop metformin if eGFR is below 30.", "eGFR"),
        ("Offer statins to adults aged 40 years and over.", "date of birth"),
        ("Offer screening to women.", "sex"),
        ("For people allergic to penicillin, offer doxycycline.", "allergies"),
        ("In adults with heart failure, offer bisoprolol.", "heart failure"),
    ],
)
def test_what_is_not_known_is_asked_for(text: str, missing: str) -> None:
    nothing = PatientFacts("p", None, None, "unknown", None)
    applies, _, asked = judged(text, nothing)
    assert applies == "unknown"
    assert missing in asked


def test_a_list_of_problems_without_it_does_not_say_the_patient_is_free_of_it() -> None:
    assert (
        judged("In adults with heart failure, offer bisoprolol.", patient(conditions=(condition("Gout"),)))[0]
        == "unknown"
    )


def test_a_resolved_problem_does_not_make_it_apply() -> None:
    facts = patient(conditions=(condition("Heart failure", status="resolved"),))
    assert judged("In adults with heart failure, offer bisoprolol.", facts)[0] == "unknown"


def test_the_quoted_sentence_counts_where_the_statement_leaves_its_population_out() -> None:
    quote = Citation(
        "p1", (1,), "In adults aged 65 years and over, offer vaccination each year.", "d", "t", None, (), None
    )
    statement = Statement("Offer vaccination each year.", "recommendation", (quote,))
    assert applicability(statement, patient(age=40), ON)[0] == "excluded"


def test_a_text_that_names_nobody_leaves_it_open() -> None:
    assert judged("Amlodipine is taken once daily.", patient()) == ("unknown", (), ())


@pytest.mark.parametrize(
    ("text", "against"),
    [
        ("Offer amoxicillin 500 mg three times a day for 5 days.", True),
        ("Severity: Low; Medicine: Amoxicillin; Dose: 500 mg; Route: by mouth.", True),
        ("Do not give amoxicillin to a person who has had anaphylaxis to a penicillin.", False),
        ("In adults who are allergic to penicillin, offer doxycycline 200 mg.", False),
        ("In adults with a penicillin allergy, offer levofloxacin 500 mg twice a day.", False),
    ],
)
def test_what_must_not_be_given_to_this_patient_is_told_from_what_may(text: str, against: bool) -> None:
    chart = patient(age=52, allergies=(allergy("Penicillin"),), allergies_known="listed")
    assert bool(forbidden(Statement(text, "recommendation", ()), chart, on=ON)) is against


def test_an_offered_medicine_beside_an_allergy_to_another_is_still_checked() -> None:
    chart = patient(age=52, allergies=(allergy("Levofloxacin"),), allergies_known="listed")
    text = "In adults with a penicillin allergy, offer levofloxacin 500 mg twice a day."
    assert forbidden(Statement(text, "recommendation", ()), chart, on=ON)
