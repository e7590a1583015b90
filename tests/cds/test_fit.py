from datetime import date
from typing import Any

import pytest

from cds.evidence import Hit, Passage
from cds.fit import fitting, for_patient
from cds.offer import Offered, offer
from cds.patient import Allergy, PatientFacts, Source
from tests.cds.fakes import document, passage

ON = date(2026, 11, 21)
LUNGS = document(
    "pneumonia", "Community-acquired pneumonia in adults", population="Adults aged 18 years and over with pneumonia"
)
SCOPE = "It does not cover children, aspiration, tuberculosis or people with a lung abscess."
ADVICE = (
    "In adults with low-severity pneumonia, offer amoxicillin 500 mg three times a day for 5 days. "
    "In adults with low-severity pneumonia who are allergic to penicillin, offer doxycycline 200 mg on the first day. "
    "In pregnancy, use erythromycin 500 mg four times a day for pneumonia. "
    "In adults with high-severity pneumonia, offer co-amoxiclav 1.2 g three times a day."
)


def offered(question: str, text: str = ADVICE, *, of: Any = LUNGS, section: tuple[str, ...] = ()) -> list[str]:
    one: Passage = passage("p", text, of=of, section=section)
    found = offer(question, [Hit(one, 0.8)])
    left_out = {of.edition: (SCOPE,)} if of is LUNGS else {of.edition: ()}
    return [o.sentence.text for o in fitting(question, found, left_out=lambda editions: left_out, on=ON)]


@pytest.mark.parametrize(
    "question",
    [
        "Which antibiotic for hospital-acquired pneumonia?",
        "Which antibiotic for ventilator-associated pneumonia?",
        "Which antibiotic for aspiration pneumonia?",
        "How is tuberculosis with pneumonia treated?",
        "Amoxicillin dose for a 4-year-old with pneumonia?",
        "Which antibiotic for pneumonia in children?",
    ],
)
def test_what_the_guideline_does_not_cover_is_not_answered_from_it(question: str) -> None:
    assert offered(question) == []


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("Which antibiotic for mild community-acquired pneumonia in an adult?", "amoxicillin"),
        ("Which antibiotic for low-severity pneumonia in a man who is not allergic?", "amoxicillin"),
        ("Which antibiotic for pneumonia in pregnancy?", "erythromycin"),
        ("Which antibiotic for severe pneumonia?", "co-amoxiclav"),
    ],
)
def test_what_it_does_cover_is_answered_for_the_people_asked_about(question: str, best: str) -> None:
    assert best in offered(question)[0]


def test_a_sentence_for_another_severity_is_no_answer() -> None:
    assert not any("high-severity" in text for text in offered("Which antibiotic for low-severity pneumonia?"))


def test_a_part_that_is_left_out_of_some_advice_may_be_spoken_of_by_other_advice() -> None:
    heart = document("af", "Atrial fibrillation in adults")
    text = "In adults with a mechanical heart valve, use warfarin. Offer apixaban to adults with atrial fibrillation."
    found = offer("Which anticoagulant with a mechanical heart valve?", [Hit(passage("p", text, of=heart), 0.8)])
    said = "The recommendations on apixaban do not apply to people with a mechanical heart valve."
    kept = fitting(
        "Which anticoagulant with a mechanical heart valve?",
        found,
        left_out=lambda editions: {heart.edition: (said,)},
        on=ON,
    )
    assert [one.sentence.text for one in kept] == ["In adults with a mechanical heart valve, use warfarin."]


def test_the_dose_for_one_illness_does_not_answer_for_another() -> None:
    asthma = document("asthma", "Asthma in adults")
    text = "Give prednisolone 40 mg once daily for 5 days in an attack of asthma."
    assert offered("Prednisolone dose for gout?", text, of=asthma) == []
    assert offered("Prednisolone dose in asthma?", text, of=asthma) == [text]


def test_an_age_outside_that_of_the_sentence_is_not_answered_and_a_time_is_no_age() -> None:
    text = "Offer mammography every 2 years to women aged 50 to 70 years."
    breasts = document("breasts", "Breast screening")
    assert offered("How often mammography for a 78-year-old woman?", text, of=breasts) == []
    assert offered("How often mammography for a 58-year-old woman?", text, of=breasts) == [text]
    assert offered("Mammography every 2 years in women under 75 years?", text, of=breasts) == [text]


def test_people_over_an_age_are_not_answered_with_what_is_for_people_under_it() -> None:
    pressure = document("pressure", "High blood pressure")
    text = (
        "In adults under 80 years, aim for a clinic blood pressure below 140/90 mmHg. "
        "In adults aged 80 years and over, aim for a clinic blood pressure below 150/90 mmHg."
    )
    (only,) = offered("Blood pressure target in patients over 80?", text, of=pressure)
    assert "80 years and over" in only
    (only,) = offered("Blood pressure target in adults under 60?", text, of=pressure)
    assert "under 80" in only


ALLERGIC = PatientFacts(
    "p",
    None,
    date(1958, 5, 14),
    "female",
    None,
    allergies=(Allergy("a", "Penicillin", (), "active", Source("x"), reactions=("anaphylaxis",)),),
    allergies_known="listed",
)


def of_patient(question: str, facts: PatientFacts) -> list[str]:
    found: tuple[Offered, ...] = offer(question, [Hit(passage("p", ADVICE, of=LUNGS), 0.8)])
    return [one.sentence.text for one in for_patient(found, facts, question=question, on=ON)]


def test_what_the_chart_forbids_gives_way_to_what_fits_this_patient() -> None:
    said = of_patient("Which antibiotic for mild pneumonia?", ALLERGIC)
    assert "doxycycline" in said[0]
    assert not any("amoxicillin" in text or "co-amoxiclav" in text for text in said)


def test_a_medicine_that_is_asked_about_by_name_is_still_spoken_of() -> None:
    assert any("amoxicillin" in text for text in of_patient("May she have amoxicillin for mild pneumonia?", ALLERGIC))


def test_without_the_allergy_the_first_choice_stays_first() -> None:
    healthy = PatientFacts("p", None, date(1958, 5, 14), "female", None, allergies_known="none")
    assert "amoxicillin" in of_patient("Which antibiotic for mild pneumonia?", healthy)[0]


def test_the_treatment_of_an_illness_is_not_answered_by_what_brings_it_about() -> None:
    pain = document("pain", "Chronic pain in adults")
    text = "Avoid ibuprofen with a diuretic, because it can cause acute kidney injury."
    assert offered("How is acute kidney injury treated?", text, of=pain) == []
    assert offered("Which medicines can cause acute kidney injury?", text, of=pain) == [text]
    text = "Pause metformin during sepsis or acute kidney injury, and restart it when kidney function is stable."
    assert offered("How is acute kidney injury treated?", text, of=pain) == []


def test_what_one_guideline_leaves_out_another_answers_only_in_so_many_words() -> None:
    lungs = document("copd", "Chronic lung disease")
    text = "Give oxygen for peripheral oedema or pulmonary hypertension. Give furosemide for acute pulmonary oedema."
    question = "How is acute pulmonary oedema treated?"
    found = offer(question, [Hit(passage("p", text, of=lungs), 0.8)])
    said = "It does not cover acute pulmonary oedema or cardiogenic shock."
    kept = fitting(question, found, left_out=lambda editions: {"heart": (said,)}, on=ON)
    assert [one.sentence.text for one in kept] == ["Give furosemide for acute pulmonary oedema."]


def test_the_dose_of_a_medicine_outside_pregnancy_does_not_answer_for_a_pregnancy() -> None:
    safety = document("safety", "Prescribing: kidneys, pregnancy and interactions")
    text = "Give apixaban 5 mg twice daily in atrial fibrillation. Do not give apixaban in pregnancy."
    assert offered("Apixaban dose in pregnancy with atrial fibrillation?", text, of=safety) == [
        "Do not give apixaban in pregnancy."
    ]
    assert len(offered("Apixaban dose in atrial fibrillation?", text, of=safety)) == 2


@pytest.mark.parametrize(
    "question",
    ["Antibiotic for pneumonia on day 5 in hospital?", "Antibiotic for pneumonia 4 days after admission?"],
)
def test_pneumonia_that_begins_days_after_admission_is_of_hospital(question: str) -> None:
    assert offered(question) == []
