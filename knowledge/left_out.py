"""What each edition says that it does not cover: found once, because an edition never changes."""

import re
from collections.abc import Mapping, Sequence

from cds.db import Database
from knowledge.guidelines import Library

_SAYS = re.compile(
    r"\b(?:does|do) not (?:cover|apply to|address|deal with)\b|\bis not (?:intended )?for\b|\bexcludes\b|"
    r"^this (?:guideline|guidance|document|protocol) (?:is for|applies to)\b.*\b(?:never|without)\b",
    re.I,
)
_HEADING = re.compile(r"\b(?:who|whom|scope|population|about this|introduction|applicab|cover)", re.I)


class LeftOut:
    """Called with editions, gives the sentences in which each says what it is not for."""

    def __init__(self, db: Database, library: Library) -> None:
        self._db, self._library = db, library
        self._known: dict[str, tuple[str, ...]] = {}

    def __call__(self, editions: Sequence[str]) -> Mapping[str, Sequence[str]]:
        missing = [one for one in editions if one not in self._known]
        if missing:
            with self._db.reading() as tx:
                for edition in missing:
                    self._known[edition] = tuple(
                        sentence.text
                        for passage in self._library.passages_of(tx, edition)
                        if any(_HEADING.search(heading) for heading in passage.section)
                        for sentence in passage.sentences
                        if _SAYS.search(sentence.text)
                    )
        return {one: self._known[one] for one in editions}
