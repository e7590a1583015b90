import pytest

from cds.confidence import about_these_people, confidence, unknown_medicines
from cds.evidence import Evidence, Hit, Passage
from cds.offer import Offered, offer
from tests.cds.fakes import Shelf, document, passage

ADULTS = document(
    "pneumonia", "Community-acquired pneumonia", population="Adults aged 18 years and over, not in pregnancy"
)
CHILDREN = document("ears", "Ear infection in children")
DOSE = passage("p1", "Offer amoxicillin 500 mg three times a day for 5 days for pneumonia.", of=ADULTS)
WOMEN = passage("p2", "In pregnancy, offer amoxicillin for pneumonia.", of=ADULTS)
CHILD = passage("p3", "Offer amoxicillin for 5 days when an antibiotic is needed.", of=CHILDREN)


def first(one: Passage) -> Offered:
    return Offered(one, one.sentences[0], 0.9, 0.9)


@pytest.mark.parametrize(
    "question",
    [
        "dose of amoxicillin for pneumonia in a 5-year-old",
        "pneumonia in a newborn",
        "amoxicillin for a child aged 3",
        "my son has pneumonia",
        "pneumonia, 8 months old",
    ],
)
def test_guidance_for_adults_does_not_answer_for_a_child(question: str) -> None:
    assert not about_these_people(question, first(DOSE))
    assert about_these_people(question, first(CHILD))


@pytest.mark.parametrize(
    "question", ["dose of amoxicillin for a 45-year-old man", "pneumonia for 5 days, treatment", "aged 84"]
)
def test_an_adult_is_not_taken_for_a_child(question: str) -> None:
    assert about_these_people(question, first(DOSE))


def test_guidance_that_leaves_pregnancy_out_does_not_answer_for_it() -> None:
    assert not about_these_people("amoxicillin for pneumonia in pregnancy", first(DOSE))
    assert about_these_people("amoxicillin for pneumonia in pregnancy", first(WOMEN))


def test_a_medicine_nothing_speaks_of_is_noticed_and_one_of_a_class_spoken_of_is_not() -> None:
    evidence = Evidence((Hit(passage("p", "Reduce a benzodiazepine slowly.", of=ADULTS), 0.9),), None)
    assert unknown_medicines("how to stop diazepam", evidence) == frozenset()
    assert unknown_medicines("how to start vericiguat", evidence) == {"vericiguat"}


def test_what_is_answered_is_surer_than_what_is_not() -> None:
    shelf = Shelf(DOSE, WOMEN, CHILD)

    def sure(question: str) -> float:
        evidence = shelf.search(question)
        return confidence(question, evidence, offer(question, evidence.hits))

    assert sure("dose of amoxicillin for pneumonia") > 0.6
    assert sure("dose of vericiguat for heart failure") < 0.3
    assert sure("zzz") == 0.0
