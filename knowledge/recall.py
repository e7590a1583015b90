"""The recall list: which past recommendations rest on a guideline, and what was decided on them."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select

from cds.tables_recommendations import citations, decisions, recommendations
from knowledge.edition_rows import batches
from knowledge.editions import Affected, Decided


def affected_by(tx: Connection, editions: Collection[str]) -> tuple[Affected, ...]:
    """Every recommendation that cites one of these editions, the newest first."""
    cited: dict[str, list[tuple[str, str]]] = {}
    query = select(citations.c.recommendation, citations.c.edition, citations.c.passage)
    for some in batches(editions):
        for row in tx.execute(query.where(citations.c.edition.in_(some))):
            cited.setdefault(row.recommendation, []).append((row.edition, row.passage))
    decided: dict[str, list[Decided]] = {}
    asked: list[Any] = []
    for some in batches(cited):
        made = select(decisions).where(decisions.c.recommendation.in_(some)).order_by(decisions.c.seq)
        for row in tx.execute(made):
            decided.setdefault(row.recommendation, []).append(Decided(row.choice, row.reason, row.actor, row.at))
        asked.extend(tx.execute(select(recommendations).where(recommendations.c.id.in_(some))))
    return tuple(
        Affected(
            recommendation=row.id,
            asked_at=row.asked_at,
            asked_by=row.asked_by,
            status=row.status,
            editions=tuple(sorted({edition for edition, _ in cited[row.id]})),
            passages=tuple(sorted({passage for _, passage in cited[row.id]})),
            decisions=tuple(decided.get(row.id, ())),
        )
        for row in sorted(asked, key=lambda row: -row.seq)
    )
