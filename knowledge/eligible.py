"""What may be found: read from the database, and read again as soon as its log says that the library changed."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock

import orjson
from sqlalchemy import Connection, Text, bindparam, func, literal, select, type_coerce

from cds.audit.tables import entries, head
from cds.clock import Clock, today
from cds.evidence import SearchFilter
from knowledge.dense_index import Mask
from knowledge.edition_rows import batches
from knowledge.generations import Generation
from knowledge.guidelines import Library
from knowledge.tables_builds import current_generation
from knowledge.tables_guidelines import editions, passages

# Filters whose answer is kept: one byte a passage each, a megabyte at a million.
_KEPT = 16

# The generation searches read and the length of the log, in one question to the database.
_NOW = select(
    select(current_generation.c.generation).scalar_subquery(), func.coalesce(select(head.c.size).scalar_subquery(), 0)
)
# Every change of what an edition is, or may answer, is logged in the transaction that makes it.
_CHANGED = (
    select(literal(1))
    .where(
        entries.c.seq > bindparam("since"),
        entries.c.seq <= bindparam("size"),
        entries.c.kind >= "guideline.",
        entries.c.kind < "guideline/",
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What one filter leaves: whole editions, and passages by their number in the index."""

    editions: frozenset[str]
    allowed: Mask | None  # None: every passage of the index
    size: int  # the length of the log when this was read


def now_current(tx: Connection) -> tuple[str | None, int]:
    """The generation searches read and how long the log is."""
    generation, size = tx.execute(_NOW).one()
    return generation, size


class Eligible:
    """Answers what a filter leaves of the library, from memory while nothing has changed."""

    def __init__(self, library: Library, *, clock: Clock) -> None:
        self.library, self.clock = library, clock
        self._known: OrderedDict[tuple[SearchFilter, str | None], Choice] = OrderedDict()
        self._lock = Lock()

    def choice(self, tx: Connection, where: SearchFilter, generation: Generation | None, *, size: int) -> Choice:
        """What this filter leaves in the snapshot that `tx` sees, whose log has this length."""
        where = where if where.as_of is not None else replace(where, as_of=today(self.clock))
        key = where, generation.id if generation is not None else None
        with self._lock:
            known = self._known.get(key)
        if known is None or not _same(tx, known.size, size):
            known = self._read(tx, where, generation, size)
        elif known.size != size:
            known = replace(known, size=size)
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return known

    def _read(self, tx: Connection, where: SearchFilter, generation: Generation | None, size: int) -> Choice:
        found = self._editions(tx, where)
        if generation is None:
            return Choice(found, None, size)
        allowed = generation.allowed(found)
        if where.section is not None:
            allowed = generation.among(_in_section(tx, found, where.section), allowed)
        return Choice(found, allowed, size)

    def _editions(self, tx: Connection, where: SearchFilter) -> frozenset[str]:
        if where.kind == "record" or where.as_of is None:
            return frozenset()  # records are searched one patient at a time, by `search_record`
        found = self.library.in_force(tx, where.as_of)
        chosen = select(editions.c.id)
        if where.documents is not None:
            chosen = chosen.where(editions.c.document.in_(where.documents))
        if where.state is not None:
            chosen = chosen.where(editions.c.state == where.state)
        if where.language is not None:
            chosen = chosen.where(func.lower(editions.c.language) == where.language.lower())
        if where.population is not None:
            chosen = chosen.where(editions.c.population.icontains(where.population, autoescape=True))
        return found if chosen.whereclause is None else found.intersection(tx.execute(chosen).scalars())


def _same(tx: Connection, since: int, size: int) -> bool:
    """Whether the library is the same at both lengths of the log; never for a snapshot older than what is kept."""
    return since == size or (
        since < size and tx.execute(_CHANGED, {"since": since, "size": size}).one_or_none() is None
    )


def _in_section(tx: Connection, eligible: frozenset[str], section: str) -> frozenset[str]:
    """Passages under a heading that has these words in it."""
    wanted = section.casefold()
    query = select(passages.c.id, passages.c.section)
    if wanted.isascii():  # the database knows the small letters of ASCII only, and narrows it down for the rest
        kept = func.lower(type_coerce(passages.c.section, Text))
        query = query.where(kept.contains(orjson.dumps(wanted).decode()[1:-1], autoescape=True))
    return frozenset(
        row.id
        for some in batches(eligible)
        for row in tx.execute(query.where(passages.c.edition.in_(some)))
        if any(wanted in heading.casefold() for heading in row.section)
    )
