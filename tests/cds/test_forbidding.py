"""A value in the question that meets a prohibition, and one just short of it."""

from datetime import date

import pytest

from cds.evidence import Hit
from cds.fit import fitting, values_in
from cds.offer import offer
from cds.stated_facts import warned
from tests.cds.fakes import document, passage

ON = date(2026, 11, 21)
TEXT = (
    "Medicine: Spironolactone; Starting dose: 25 mg; Route: by mouth; Frequency: once daily. "
    "Do not start a mineralocorticoid receptor antagonist when potassium is above 5.0 mmol/L or eGFR is below 30 "
    "mL/min/1.73 m². "
    "Start bisoprolol 1.25 mg once daily. "
    "Do not start a beta-blocker in a person with a heart rate below 50 beats a minute. "
    "Give citalopram 20 mg once daily. "
    "Do not give citalopram when the QTc is 500 ms or more. "
    "Give warfarin once daily at the same time. "
    "When the INR is above 8.0, stop warfarin, give vitamin K, and restart warfarin when the INR is below 5.0. "
    "Offer ibuprofen 400 mg three times a day for pain. "
    "Do not offer non-steroidal anti-inflammatory drugs from 20 weeks of pregnancy. "
    "Offer zopiclone 7.5 mg at night for insomnia. "
    "Do not start zopiclone for insomnia in adults aged 65 years and over. "
    "Give glyceryl trinitrate 400 micrograms for angina. "
    "Avoid glyceryl trinitrate when the systolic blood pressure is below 90 mmHg."
)
PAIRS = [
    ("May I start spironolactone with a potassium of {}?", "5.7", "4.6", "mineralocorticoid"),
    ("May I start spironolactone with K+ {} mmol/L?", "5.1", "5.0", "mineralocorticoid"),
    ("May I start spironolactone with an eGFR of {}?", "24", "48", "mineralocorticoid"),
    ("May I start bisoprolol with a heart rate of {}?", "44", "72", "beta-blocker"),
    ("May I give citalopram with a QTc of {} ms?", "520", "430", "QTc"),
    ("Warfarin with an INR of {}?", "9", "2.5", "INR is above"),
    ("Zopiclone for insomnia in a woman of {}?", "79", "44", "aged 65"),
    ("Glyceryl trinitrate for angina with a blood pressure of {}?", "82/50", "130/80", "below 90"),
    ("Ibuprofen for pain at {} weeks of pregnancy?", "24", "12", "from 20 weeks"),
]

MEDICINES = ("spironolactone", "bisoprolol", "citalopram", "ibuprofen", "zopiclone", "glyceryl trinitrate", "warfarin")


def found(question: str) -> list[str]:
    one = passage("p", TEXT, of=document("d", "Medicines in adults and in pregnancy"))
    offered = offer(question, [Hit(one, 0.8)])
    return [o.sentence.text for o in fitting(question, offered, left_out=lambda editions: {}, on=ON)]


@pytest.mark.parametrize(("question", "meets", "short", "ban"), PAIRS)
def test_a_prohibition_that_the_stated_value_meets_leads_and_what_it_forbids_is_not_advised(
    question: str, meets: str, short: str, ban: str
) -> None:
    texts = found(question.format(meets))
    assert ban in texts[0]
    assert advice(question, texts) == []


@pytest.mark.parametrize(("question", "meets", "short", "ban"), PAIRS)
def test_a_value_short_of_the_limit_leaves_the_advice_in(question: str, meets: str, short: str, ban: str) -> None:
    assert advice(question, found(question.format(short)))


def advice(question: str, texts: list[str]) -> list[str]:
    medicine = next(m for m in MEDICINES if m in question.lower())
    against = ("do not", "avoid", "stop")
    return [t for t in texts if medicine in t.lower() and not any(word in t.lower() for word in against)]


def test_a_prohibition_of_stopping_or_delaying_forbids_no_treatment() -> None:
    text = "Do not stop ramipril because eGFR is below 60 mL/min/1.73 m². Offer ramipril 5 mg once daily."
    one = passage("p", text, of=document("d", "Ramipril"))
    question = "Ramipril with an eGFR of 48?"
    kept = fitting(question, offer(question, [Hit(one, 0.8)]), left_out=lambda editions: {}, on=ON)
    assert any("Offer ramipril" in o.sentence.text for o in kept)


def test_the_value_said_to_be_of_now_counts() -> None:
    assert "mineralocorticoid" in found("Spironolactone: potassium 4.1 last year, today 5.9?")[0]


def test_a_value_in_the_question_warns_and_says_that_it_comes_from_the_question() -> None:
    question = "May I give metformin with an eGFR of 22?"
    (warning,) = warned(None, values_in(question, on=ON), [question], on=ON)
    assert warning.severity == "stop"
    assert [line.text for line in warning.because] == ["eGFR: 22, as the question states it"]
    question = "May I give metformin with an eGFR of 75?"
    assert warned(None, values_in(question, on=ON), [question], on=ON) == ()


def test_vitamin_k_is_no_potassium_and_a_dose_is_no_value() -> None:
    assert values_in("Vitamin K 5 mg for bleeding on warfarin?", on=ON) == ()
    assert values_in("Potassium chloride 20 mmol in heart failure?", on=ON) == ()
