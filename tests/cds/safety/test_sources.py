import pytest

from cds.evidence import Hit
from cds.recommendation import Because
from cds.recommendation import Warning as PatientWarning
from cds.safety.proposals import advised, asked
from cds.safety.sources import with_passages
from tests.cds.fakes import document, passage

RENAL = PatientWarning(
    "renal",
    "Ibuprofen: NSAIDs with an eGFR below 30: loss of kidney function. (KDIGO; rule R03)",
    (Because("o", "eGFR"),),
)
PAIR = PatientWarning(
    "interaction",
    "Trimethoprim: with methotrexate: bone marrow failure. (MHRA; rule I36)",
    (Because("m", "Methotrexate"),),
)


def linked(warning: PatientWarning, text: str) -> str | None:
    one = passage("p1", text, of=document("kidney", "Kidney disease"))
    return with_passages([warning], [Hit(one, 0.5)])[0].passage


def test_a_warning_carries_the_passage_that_says_so() -> None:
    assert linked(RENAL, "Avoid non-steroidal anti-inflammatory drugs when eGFR is below 30.") == "p1"
    assert linked(PAIR, "Do not give trimethoprim to anyone who takes methotrexate.") == "p1"


@pytest.mark.parametrize(
    ("warning", "text"),
    [
        (RENAL, "Avoid metformin when eGFR is below 30."),  # another medicine
        (RENAL, "Offer ibuprofen 400 mg three times a day."),  # no warning
        (RENAL, "Avoid ibuprofen in people with a peptic ulcer."),  # another point
        (PAIR, "Avoid trimethoprim in the first trimester."),
    ],
)
def test_a_passage_on_another_point_is_not_its_source(warning: PatientWarning, text: str) -> None:
    assert linked(warning, text) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Offer levofloxacin, and weigh the risks of fluoroquinolones.", {"levofloxacin"}),  # the member, not its class
        ("Fewer than 2 in 100 react to cefalexin.", set()),  # a number, no advice
        ("Choose another antibiotic for people who take warfarin.", {"antibiotic"}),
        ("Clarithromycin increases the effect of warfarin; use doxycycline.", {"clarithromycin", "doxycycline"}),
    ],
)
def test_only_what_is_to_be_given_is_proposed(text: str, names: set[str]) -> None:
    assert {mention.name for mention in advised(text)} == names


def test_a_question_proposes_every_medicine_it_names() -> None:
    assert {mention.name for mention in asked("Can warfarin and ibuprofen be combined?")} == {"warfarin", "ibuprofen"}
