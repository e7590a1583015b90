"""What the patient is shown of an item: made once, when the physician releases it, and kept as it was shown."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from cds.errors import NotFound
from cds.recommendation import Citation, Recommendation
from cds.sharing.grid import ASPECTS, TOPICS, Grid, Line, Share
from cds.sharing.state import Asked, Shared


def public_item(state: Shared, item: str) -> dict[str, Any]:
    """A cell (`OPTION.ASPECT`) or a topic (`topic.NAME`) as the patient sees it, in their language where it can be."""
    made = _item(state.grid, item)
    return {**made, **_in_their_language(state, texts_of(made))}


def texts_of(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Every text of an item that the patient reads, but for quotes and titles."""
    lines = item.get("lines", ())
    shares = [share for line in lines for share in line.get("shares", ())]
    found = [item.get("text"), item.get("option_name"), *(line["text"] for line in lines)]
    found += [share[name] for share in shares for name in ("outcome", "among")]
    return tuple(dict.fromkeys(text for text in found if text))


def _in_their_language(state: Shared, texts: Sequence[str]) -> dict[str, Any]:
    known = state.translations.get(state.language, {})
    words = {text: known[text].text for text in texts if text in known and known[text].failed is None}
    return {"language": state.language, "words": words} if words else {}


def _item(grid: Grid, item: str) -> dict[str, Any]:
    first, _, second = item.partition(".")
    if first == "topic":
        line = grid.topic(second)
        if line is None or second not in TOPICS:
            raise NotFound("There is nothing written there to release.")
        return {"item": item, "kind": "topic", "name": second, "text": line.text}
    option = grid.option(first)
    if second not in ASPECTS:
        raise NotFound("There is no such cell.")
    return {
        "item": item,
        "kind": "cell",
        "option": option.id,
        "option_name": option.name,
        "aspect": second,
        "lines": [_line(line) for line in option.cell(second).lines],
    }


def public_answer(state: Shared, asked: Asked, recommendation: Recommendation | None) -> dict[str, Any]:
    """The answer to a patient's question: checked statements with their sources, or the physician's own words."""
    lines: list[dict[str, Any]] = []
    if recommendation is not None:
        lines = [
            {"text": statement.text, "by": "library", "source": _source(statement.citations[0])}
            for statement in recommendation.statements
            if statement.kind == "recommendation" and statement.citations
        ]
    if asked.own_words:
        lines.append({"text": asked.own_words, "by": "physician", "source": None})
    if not lines:
        raise NotFound("There is no answer to release yet.")
    made = {"item": f"answer.{asked.id}", "kind": "answer", "question": asked.id, "lines": lines}
    return {**made, **_in_their_language(state, texts_of(made))}


def public_texts(grid: Grid) -> tuple[str, ...]:
    """Everything of a grid that a patient might read."""
    found = [text for item in items_of(grid) for text in texts_of(_item(grid, item))]
    return tuple(dict.fromkeys(found))


def items_of(grid: Grid) -> tuple[str, ...]:
    """Everything of a grid that can be released."""
    topics = tuple(f"topic.{line.id}" for line in grid.topics)
    return (*topics, *(f"{option.id}.{cell.aspect}" for option in grid.options for cell in option.cells))


def outcomes_of(released: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """The outcomes the patient has been shown and may weigh: a key, and the words."""
    found: dict[str, str] = {}
    for item in released.values():
        for line in item["lines"] if item["kind"] == "cell" else ():
            for share in line["shares"]:
                if share["outcome"]:
                    found.setdefault(_key(share["outcome"]), share["outcome"])
    return found


def _key(outcome: str) -> str:
    words = outcome.lower().replace("has ", "have ", 1)
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _line(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "text": line.text,
        "by": line.by,
        "certainty": line.certainty,
        "shares": [_share(share) for share in line.shares],
        # A source beside words that it does not bear out would vouch for them.
        "source": _source(line.citation) if line.citation and line.by == "library" else None,
    }


def _share(share: Share) -> dict[str, Any]:
    return {
        "count": share.count,
        "of": share.of,
        "outcome": share.outcome,
        "sense": share.sense,
        "more": share.more,
        "among": share.among,
    }


def _source(citation: Citation) -> dict[str, Any]:
    return {
        "title": citation.title,
        "version": citation.version,
        "published": citation.published.isoformat() if citation.published else None,
        "section": list(citation.section),
        "page": citation.page,
        "quote": citation.quote,
    }
