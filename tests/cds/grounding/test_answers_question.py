from cds.grounding.answers_question import check_question
from tests.cds.fakes import document, passage

GUIDE = document("antenatal", "Antenatal care")
LABETALOL = passage(
    "p1", "Offer labetalol as the first choice.", of=GUIDE, section=("High blood pressure in pregnancy",)
)
NOTE = passage("n1", "About 9 weeks by dates.", of=document("note", "Clinic note"), kind="record")


def test_a_sentence_under_the_right_heading_speaks_of_the_question() -> None:
    asked = "Which medicine for high blood pressure in pregnancy?"
    assert check_question(LABETALOL.text, asked, LABETALOL).outcome == "pass"


def test_a_note_about_something_else_does_not() -> None:
    found = check_question(NOTE.text, "Can she stay on lisinopril during pregnancy?", NOTE)
    assert (found.outcome, found.verdict) == ("fail", "not_addressed")


def test_another_name_of_the_same_thing_counts() -> None:
    note = passage("n2", "BP 150/95 mmHg at home.", of=document("note", "Clinic note"), kind="record")
    assert check_question(note.text, "How is her blood pressure?", note).outcome == "pass"


def test_a_question_that_names_nothing_is_not_held_against_an_answer() -> None:
    assert check_question(NOTE.text, "What next?", NOTE).outcome == "not_applicable"
