"""Search by words straight from SQL: what is left when the index cannot be read."""

import numpy as np
from sqlalchemy import Connection, func, or_, select

from knowledge.builds import headed
from knowledge.keyword_index import KeywordIndex, question_words
from knowledge.tables_guidelines import editions, passages
from knowledge.words import rough_words

# Rows read for one question; a scan of this size takes about a second, and the index is being made anew meanwhile.
_ROWS = 5_000
_AT_ONCE = 500


def search_by_words(
    tx: Connection, question: str, eligible: frozenset[str], limit: int, *, section: str | None = None
) -> list[tuple[str, float]]:
    """Ids of the best passages of these editions, and what part of the question their words cover."""
    wanted = rough_words(question)
    if not wanted or not eligible:
        return []
    some_word = or_(*(func.lower(passages.c.text).contains(word, autoescape=True) for word in wanted))
    ids: list[str] = []
    texts: list[str] = []
    ordered = sorted(eligible)
    for start in range(0, len(ordered), _AT_ONCE):
        query = (
            select(passages.c.id, editions.c.title, passages.c.section, passages.c.text)
            .join(editions, editions.c.id == passages.c.edition)
            .where(passages.c.edition.in_(ordered[start : start + _AT_ONCE]), some_word)
            .order_by(passages.c.edition, passages.c.number)
            .limit(_ROWS - len(ids))
        )
        for row in tx.execute(query):
            if section is not None and not any(section.casefold() in heading.casefold() for heading in row.section):
                continue
            ids.append(row.id)
            texts.append(headed(row.title, row.section, row.text))
    scores = KeywordIndex.build(texts).coverage(question_words(question))
    best = np.lexsort((np.arange(len(scores)), -scores))[:limit]
    return [(ids[number], float(scores[number])) for number in best if scores[number] > 0]
