import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds.sentences import split_sentences


def cut(text: str) -> list[str]:
    return [sentence.text for sentence in split_sentences(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Offer amoxicillin 500 mg.", "Review at 48 hours."],
        ["Use a macrolide (e.g. Clarithromycin) in penicillin allergy.", "Check the QT interval."],
        ["Keep potassium below 5.5 mmol/L.", "Stop at 6.0 mmol/L."],
        ["Dr. Smith reviewed her.", "She agreed."],
        ["Give 1 g i.v. once.", "Then change to 500 mg p.o. every 8 h."],
        ["S. aureus and E. coli were grown.", "Sensitivity is awaited."],
        ["Smith et al. Found no difference in 2 of 3 trials."],
        ["See Fig. 2 and Table 3.", "Doses follow."],
        ["Recommendation 3. Offer statins to adults."],
        ["1.2.3. Offer a statin.", "4. Review."],
        ["Is the patient pregnant?", "Do not use ACE inhibitors!", "Refer."],
        ["Mortality fell.12", "The effect lasted."],
        ["Mortality fell. [12,13]", "The effect lasted."],
        ["Take in the morning (8 a.m.).", "Avoid grapefruit."],
        ["Supplement vitamin D.", "Offer 400 units daily."],
        ["Treat vs. observe: both are reasonable."],
        ["Target <130/80 mmHg.", "≥65 years: <140/90 mmHg."],
        ["He said “stop.”", "She did."],
        ["No. 4 was withdrawn."],
        ["HbA1c 7.2% on 3/4/2026.", "no chest pain.", "eGFR is 24.", "pH was normal."],
        ["Repeat after 5 min.", "Stop at 400 mg max.", "Use 500.", "Then stop."],
        ["Give subcut. insulin.", "Hosp. stay 3 days."],
        ["Rates were 3.5% vs. 2.1% (p<0.05).", "30 patients left."],
    ],
    ids=lambda sentences: sentences[0][:30],
)
def test_cuts_where_a_reader_would(sentences: list[str]) -> None:
    assert cut(" ".join(sentences)) == sentences


def test_list_items_and_blank_lines_end_sentences_without_a_full_stop() -> None:
    assert cut("Offer one of:\n- amoxicillin 500 mg\n• doxycycline 200 mg\n\nReview") == [
        "Offer one of:",
        "amoxicillin 500 mg",
        "doxycycline 200 mg",
        "Review",
    ]


def test_wrapped_lines_stay_together() -> None:
    first = (
        "The patient denies any chest pain and was started on\n"
        "Aspirin 75 mg daily by the general practitioner who\n"
        "also stopped ramipril."
    )
    assert cut(first + "\nPlan: repeat potassium.") == [first, "Plan: repeat potassium."]


def test_labelled_lines_of_a_note_are_apart() -> None:
    assert cut("Allergies: penicillin\nSmoking: never\nDiabetes: none") == [
        "Allergies: penicillin",
        "Smoking: never",
        "Diabetes: none",
    ]


def test_sentences_are_numbered_from_one() -> None:
    assert [sentence.number for sentence in split_sentences("A first one. A second one.")] == [1, 2]


def test_nothing_has_no_sentences() -> None:
    assert split_sentences(" \n\t ") == ()


@given(st.text(alphabet=st.sampled_from('aB1 .!?\n-•(")\t…é。e.g, ') | st.characters(), max_size=200))
def test_sentences_lie_where_they_say_in_order_and_leave_only_white_space_and_bullets(text: str) -> None:
    position = 0
    for sentence in split_sentences(text):
        assert position <= sentence.start < sentence.end <= len(text)
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip()
        between = text[position : sentence.start].strip(" \t\n\r\f\v")
        assert len("".join(between.split())) <= 4
        position = sentence.end
    assert not text[position:].strip() or len(text[position:].split()) <= 1
