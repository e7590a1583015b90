"""What the patient may see, item by item: shown, taken back, and why it was shown although something is missing."""

from collections.abc import Iterator, Sequence

from cds.errors import Conflict, InvalidInput
from cds.recommendation import Recommendation
from cds.sharing.grid import Grid
from cds.sharing.linter import lint
from cds.sharing.public import items_of, public_answer, public_item
from cds.sharing.sessions import Hand
from cds.sharing.talking import question_of
from cds.sharing.texts import trimmed


def release(hand: Hand, items: Sequence[str], *, reason: str = "") -> None:
    """Let the patient see these items as they are now. With a qualifying item missing, a reason is needed."""
    state = hand.state()
    if not items:
        raise InvalidInput("Choose what to release.", code="nothing_chosen")
    missing = [finding.item for finding in lint(state.grid) if finding.level == "qualifying"]
    reason = trimmed(reason)
    if missing and not reason:
        raise Conflict(
            "This does not yet describe the decision fully; see what is missing. To release it all the same, say why.",
            code="reason_needed",
        )
    shown = [public_item(state, item) for item in dict.fromkeys(_spelt_out(state.grid, items))]
    details = {"items": [item["item"] for item in shown], "missing": missing}
    if missing:  # in an entry of its own: the patient's list says nothing of it
        hand.add("released_incomplete", body={"reason": reason}, details=details)
    hand.add("released", audience="both", body={"items": shown}, details=details)


def _spelt_out(grid: Grid, items: Sequence[str]) -> Iterator[str]:
    """`all`, and `option.ID` for a whole option, as the items they stand for."""
    for item in items:
        if item == "all":
            yield from items_of(grid)
        elif item.startswith("option."):
            option = grid.option(item.removeprefix("option."))
            yield from (f"{option.id}.{cell.aspect}" for cell in option.cells)
        else:
            yield item


def withdraw(hand: Hand, items: Sequence[str]) -> None:
    """Take items back from the patient's page: cells, texts, answers, or a whole option."""
    released = hand.state().released
    wanted = [item.removeprefix("option.") for item in items]
    shown = [item for item in released if item in wanted or item.partition(".")[0] in wanted]
    if shown:
        hand.add("withdrawn", audience="both", body={"items": shown}, details={"items": shown})


def release_answer(hand: Hand, question: str, recommendation: Recommendation | None) -> None:
    """Let the patient see the answer."""
    state = hand.state()
    shown = public_answer(state, question_of(state, question), recommendation)
    hand.add("released", audience="both", body={"items": [shown]}, details={"items": [shown["item"]]})
