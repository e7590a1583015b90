from datetime import date

import pytest

from cds.contradictions import contradictions, differs
from cds.offer import Offered
from cds.recommendation import Citation
from tests.cds.fakes import document, passage

TITLE = "Cystitis in women"


def said(text: str, source: str, title: str = TITLE) -> Offered:
    one = passage(source, text, of=document(source, title, published=date(2024, 1, 1)))
    return Offered(one, one.sentences[0], 1.0)


BASE = "In women with cystitis, offer nitrofurantoin 100 mg twice a day for 3 days."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (BASE, "In women with cystitis, offer nitrofurantoin 100 mg twice a day for 7 days."),
        (BASE, "Give nitrofurantoin 50 mg twice a day to women with cystitis for 3 days."),
        (
            "Offer aspirin to adults with atrial fibrillation.",
            "Do not offer aspirin to adults with atrial fibrillation.",
        ),
        (
            "In adults with hypertension, aim for a clinic blood pressure below 140 mmHg.",
            "In adults with hypertension, aim for a clinic blood pressure below 130 mmHg.",
        ),
    ],
)
def test_another_number_or_the_contrary_order_of_one_thing_for_the_same_people_is_shown(one: str, other: str) -> None:
    title = "" if "cystitis" in one else "Guidance"
    assert differs(said(one, "a", title or TITLE), said(other, "b", title or TITLE))


@pytest.mark.parametrize(
    "other",
    [
        "In women with cystitis, offer nitrofurantoin 100 mg twice a day for 3 days.",  # the same
        "In men with cystitis, offer nitrofurantoin 100 mg twice a day for 7 days.",  # other people
        "In pregnant women with cystitis, offer nitrofurantoin 100 mg twice a day for 7 days.",
        "In women with pyelonephritis, offer nitrofurantoin 100 mg twice a day for 7 days.",  # another illness
        "In women with cystitis, offer trimethoprim 200 mg twice a day for 7 days.",  # another medicine
        "In women with cystitis and an eGFR below 45, do not offer nitrofurantoin.",  # under a condition of its own
        "If cystitis comes back in women, offer nitrofurantoin 100 mg twice a day for 7 days.",
        "Of 100 women with cystitis, 70 are free of symptoms after 7 days of nitrofurantoin.",  # no advice
        "Medicine: Nitrofurantoin; Dose: 100 mg; Frequency: twice a day; Duration: 7 days.",  # a row of a table
    ],
)
def test_what_is_of_other_people_things_or_conditions_is_no_contradiction(other: str) -> None:
    assert not differs(said(BASE, "a"), said(other, "b"))


def test_both_are_shown_with_their_sources_and_one_document_does_not_contradict_itself() -> None:
    def cite(one: Offered) -> Citation:
        document_of = one.passage.document
        return Citation(one.passage.id, (1,), one.sentence.text, document_of.id, document_of.title, None, (), None)

    other = said("In women with cystitis, offer nitrofurantoin 100 mg twice a day for 7 days.", "b")
    same = said("In women with cystitis, offer nitrofurantoin 100 mg twice a day for 5 days.", "a")
    (found,) = contradictions([said(BASE, "a")], [other, same], cite=cite)
    assert (found.about, found.left.document, found.right.document) == ("nitrofurantoin", "a", "b")
    assert "3 days" in found.left.quote and "7 days" in found.right.quote
