"""Questions the library could not answer, grouped: what to acquire next."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from cds.recommendations import Listed, questions
from cds.tables_recommendations import recommendations

# As many as are worth reading in one sitting; the newest say what is missing now.
_MOST = 500
# Two questions belong together when this share of their words is the same.
_ALIKE = 0.5
_WORD = re.compile(r"[^\W\d_]{3,}")
# Words that most questions hold.
_COMMON = frozenset(
    _WORD.findall(
        """
        the and for are was with from that this what which when how who why should would could can may does
        have has had not any all use used using give given patient patients treatment treat dose best first
        after before adult adults woman man years old into about than then them they their there
        """
    )
)


@dataclass(frozen=True, slots=True)
class Silence:
    """Like questions that got no answer."""

    words: tuple[str, ...]  # what they share
    number: int
    recommendations: tuple[str, ...]


def silences(tx: Connection, *, since: datetime | None = None, smallest: int = 1) -> tuple[Silence, ...]:
    """Groups of unanswered questions, the largest first; shown by their shared words, not by anybody's question."""
    import snowballstemmer

    columns = [recommendations.c[name] for name in Listed.__dataclass_fields__]
    query = select(*columns).where(recommendations.c.status == "abstained")
    if since is not None:
        query = query.where(recommendations.c.asked_at >= since)
    rows = [Listed(**row) for row in tx.execute(query.order_by(recommendations.c.seq.desc()).limit(_MOST)).mappings()]
    asked = questions(tx, rows)
    stem = snowballstemmer.stemmer("english").stemWord
    groups: list[tuple[Counter[str], Counter[str], list[str]]] = []
    for row in rows:
        words = {word for word in _WORD.findall((asked[row.id] or "").lower()) if word not in _COMMON}
        stems = {stem(word) for word in words}
        best = max(groups, key=lambda group: _alike(stems, group[0], len(group[2])), default=None)
        if best is None or _alike(stems, best[0], len(best[2])) < _ALIKE:
            best = (Counter(), Counter(), [])
            groups.append(best)
        best[0].update(stems)
        best[1].update(words)
        best[2].append(row.id)
    made = (
        Silence(words=tuple(word for word, _ in shown.most_common(4)), number=len(ids), recommendations=tuple(ids))
        for _, shown, ids in groups
        if len(ids) >= smallest
    )
    return tuple(sorted(made, key=lambda group: (-group.number, group.words)))


def _alike(stems: set[str], group: Counter[str], size: int) -> float:
    """How much of the shorter of the two, the question or what half of the group says, is in the other."""
    core = {word for word, count in group.items() if 2 * count >= size}
    shorter = min(len(stems), len(core))
    return len(stems & core) / shorter if shorter else 0.0
