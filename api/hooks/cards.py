"""Recommendations as cards, and which card came from which, so that feedback finds its way into the record."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, insert, select

from api.hooks.answering import Answered
from api.hooks.models import LONGEST_SUMMARY, Action, Card, Coding, Link, Source, Suggestion
from api.hooks.tables import hook_cards
from cds.actors import Actor
from cds.reasons import SHORT_LIST, SYSTEM
from cds.recommendation import Because, Statement
from cds.recommendation import Warning as PatientWarning

_MARKDOWN = str.maketrans({"<": "&lt;"} | {sign: f"\\{sign}" for sign in "[]`*_\\"})
_RULES = "Safety rules of this service"


def cards_for(answered: Sequence[Answered], *, page: str) -> list[tuple[Card, str]]:
    """Cards, the gravest first, each with the recommendation it came from; `page` is the address of consults."""
    cards: list[tuple[Card, str]] = []
    warned: set[str] = set()
    for one in answered:
        shown = one.recommendation
        link = Link(label="Open the evidence, or ask the model", url=f"{page}/{shown.id}")
        for warning in shown.warnings:
            if warning.text not in warned:
                warned.add(warning.text)
                cards.append((_warning(warning, one, link), shown.id))
        cards += [(_statement(statement, link), shown.id) for statement in shown.statements if _told(statement)]
    order = {"critical": 0, "warning": 1, "info": 2}
    return sorted(cards, key=lambda card: order[card[0].indicator])


def remember(tx: Connection, cards: Sequence[tuple[Card, str]], *, actor: Actor, at: datetime) -> None:
    """Keep which card came from which recommendation."""
    if cards:
        rows = [
            {"uuid": card.uuid, "recommendation": recommendation, "asked_by": actor.id, "at": at}
            for card, recommendation in cards
        ]
        tx.execute(insert(hook_cards), rows)


def recommendation_of(tx: Connection, card: str, *, actor: Actor) -> str | None:
    """The recommendation a card of this caller came from."""
    query = select(hook_cards.c.recommendation).where(hook_cards.c.uuid == card, hook_cards.c.asked_by == actor.id)
    return tx.scalar(query)


def came_by_hook(tx: Connection, recommendation: str) -> bool:
    """Whether the medical record asked, so that whoever it showed the link to may open it."""
    query = select(hook_cards.c.uuid).where(hook_cards.c.recommendation == recommendation).limit(1)
    return tx.execute(query).first() is not None


def _warning(warning: PatientWarning, answered: Answered, link: Link) -> Card:
    suggestions = None
    if answered.order is not None and warning.severity == "stop":
        remove = Action(type="delete", description=f"Remove {answered.order.text}", resourceId=answered.order.reference)
        suggestions = [Suggestion(label="Remove this order", uuid=str(uuid4()), actions=[remove])]
    return Card(
        uuid=str(uuid4()),
        summary=_short(warning.text),
        indicator="critical" if warning.severity == "stop" else "warning",
        source=Source(label=_RULES),
        detail="\n\n".join([_plain(warning.text), *_because(warning.because)]),
        suggestions=suggestions,
        selectionBehavior="any" if suggestions else None,
        overrideReasons=_reasons(),
        links=[link],
    )


def _statement(statement: Statement, link: Link) -> Card:
    first = statement.citations[0]
    edition = f", edition {first.version}" if first.version else ""
    quotes = [f"> {_plain(citation.quote)}" for citation in statement.citations]
    graded = ", ".join(
        text
        for text in (statement.strength, f"{statement.certainty} certainty" if statement.certainty else None)
        if text
    )
    return Card(
        uuid=str(uuid4()),
        summary=_short(statement.text),
        indicator="info",
        source=Source(label=f"{first.title}{edition}"),  # its url is no place for a link into this consult
        detail="\n\n".join([*quotes, *([graded.capitalize()] if graded else []), *_because(statement.because)]),
        overrideReasons=_reasons(),
        links=[link],
    )


def _told(statement: Statement) -> bool:
    return statement.applies != "excluded" and bool(statement.citations)


def _because(because: Sequence[Because]) -> Iterator[str]:
    if because:
        yield "From the chart: " + "; ".join(_plain(line.text) for line in because)


def _reasons() -> list[Coding]:
    return [Coding(code=reason.code, system=SYSTEM, display=reason.label) for reason in SHORT_LIST]


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SUMMARY else text[: LONGEST_SUMMARY - 1].rstrip() + "…"


def _plain(text: str) -> str:
    """Text in a card's Markdown: nothing of it becomes a tag, a link or an image."""
    return text.translate(_MARKDOWN)
