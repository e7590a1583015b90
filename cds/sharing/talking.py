"""What passes between the two: questions and answers, what matters, and what was decided."""

from collections.abc import Mapping, Sequence
from datetime import date

from cds.errors import InvalidInput, NotFound
from cds.ids import new_id
from cds.sharing.sessions import Hand
from cds.sharing.state import Asked, Shared
from cds.sharing.texts import needed, trimmed


def ask(hand: Hand, text: str, *, once: str | None = None) -> None:
    """The patient's question, to the physician."""
    body = {"id": new_id(), "text": needed(text, "Write your question first.")}
    hand.add("asked", audience="both", body=body, once=once)


def answer(hand: Hand, question: str, *, recommendation: str | None = None, own_words: str = "") -> None:
    """What the physician found for a question: a consult, own words, or both. Nobody else sees it yet."""
    asked = question_of(hand.state(), question)
    own_words = trimmed(own_words) or asked.own_words or ""
    recommendation = recommendation or asked.recommendation
    if not own_words and recommendation is None:
        raise InvalidInput("Write an answer first.", code="text_missing")
    body = {"question": question, "recommendation": recommendation, "own_words": own_words or None}
    hand.add("answered", body=body, details={"recommendation": recommendation})


def note(hand: Hand, text: str, *, once: str | None = None) -> None:
    """What worries the patient, or should be known."""
    hand.add("noted", audience="both", body={"text": needed(text, "Write something first.")}, once=once)


def rate(hand: Hand, outcome: str, text: str, rating: int, *, once: str | None = None) -> None:
    """How much an outcome matters to the patient."""
    hand.add("rated", audience="both", body={"outcome": outcome, "text": text, "rating": rating}, once=once)


def answer_questionnaire(
    hand: Hand, name: str, answers: Mapping[str, bool] | Mapping[str, int], *, once: str | None = None
) -> None:
    """SURE or CollaboRATE, filled in by the patient."""
    hand.add(name, audience="both", body={"answers": dict(answers)}, once=once)


def agree(
    hand: Hand,
    *,
    choice: str,
    physician_leaned: str,
    patient_leaned: str,
    declined: Sequence[str],
    next_steps: str,
    review_on: date | None,
    name_on_page: str,
) -> None:
    """Write down what was decided together, with the recommendations it rests on."""
    rests_on = list(dict.fromkeys(hand.state().recommendations))
    body = {
        "choice": needed(choice, "Say what was decided; “to decide later” is a decision too."),
        "physician_leaned": trimmed(physician_leaned),
        "patient_leaned": trimmed(patient_leaned),
        "declined": [trimmed(one) for one in declined if one.strip()],
        "next_steps": trimmed(next_steps),
        "review_on": review_on.isoformat() if review_on else None,
        "name_on_page": trimmed(name_on_page, longest=200),
        "recommendations": rests_on,
    }
    hand.add("agreed", audience="both", body=body, details={"recommendations": rests_on})


def confirm_agreement(hand: Hand, *, once: str | None = None) -> None:
    """The patient says that this is what was decided."""
    hand.add("agreement_confirmed", audience="both", once=once)


def question_of(state: Shared, question: str) -> Asked:
    """One of the questions asked in this session."""
    found = next((asked for asked in state.questions if asked.id == question), None)
    if found is None:
        raise NotFound("There is no such question.")
    return found
