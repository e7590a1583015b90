"""Small stand-ins that do what their protocol says: a shelf of passages, a model that says what it is told to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from cds.errors import Unavailable
from cds.evidence import DocumentRef, Evidence, Hit, Passage, SearchFilter
from cds.language_model import Draft, ModelIdentity, Skill
from cds.offer import stems
from cds.patient import PatientFacts, PatientScope
from cds.sentences import split_sentences


def document(identifier: str, title: str, **more: Any) -> DocumentRef:
    ref = DocumentRef(identifier, f"{identifier}-2024", title, "Demonstration", "2024", date(2024, 3, 1))
    return replace(ref, **more)


def passage(identifier: str, text: str, *, of: DocumentRef, section: Sequence[str] = (), **more: Any) -> Passage:
    made = Passage(
        id=identifier,
        kind="guideline",
        text=text,
        sentences=split_sentences(text),
        document=of,
        section=tuple(section),
        page=3,
        start=0,
        end=len(text),
    )
    return replace(made, **more)


class Shelf:
    """Retrieves by words in common; the relevance is the best share of the question's words."""

    def __init__(self, *passages: Passage, record: Sequence[Passage] = ()) -> None:
        self.passages = passages
        self.record = tuple(record)
        self.searched: list[str] = []

    def search(self, question: str, *, limit: int = 8, where: SearchFilter = SearchFilter()) -> Evidence:  # noqa: B008
        self.searched.append(question)
        return self._found(question, self.passages, limit)

    def search_record(self, question: str, scope: PatientScope, *, limit: int = 4) -> Evidence:
        return self._found(question, self.record, limit)

    def _found(self, question: str, passages: Sequence[Passage], limit: int) -> Evidence:
        asked = stems(question)
        scored = [
            Hit(
                one, len(asked & stems(f"{one.document.title} {' '.join(one.section)} {one.text}")) / max(1, len(asked))
            )
            for one in passages
        ]
        hits = sorted((hit for hit in scored if hit.score > 0), key=lambda hit: -hit.score)[:limit]
        best = max((hit.score for hit in hits), default=0.0)
        return Evidence(tuple(hits), "generation-1", relevance=best, embedder="embedder-1")


class Scripted:
    """A model that gives the next of its lines, or raises it when it is an error."""

    def __init__(self, *lines: str | Unavailable, skill: Skill = "draft", context: int = 4096) -> None:
        self.identity = ModelIdentity("scripted", "d" * 64, "test", skill, context)
        self.lines = list(lines)
        self.asked: list[dict[str, Any]] = []

    def complete(self, **asked: Any) -> Draft:
        self.asked.append(asked)
        line = self.lines.pop(0)
        if isinstance(line, Unavailable):
            raise line
        return Draft(line, 10, 5, 0.01)


class Charts:
    """The typed facts of patients."""

    def __init__(self, *facts: PatientFacts) -> None:
        self._facts = {one.patient: one for one in facts}

    def facts(self, tx: Any, scope: PatientScope) -> PatientFacts:
        return self._facts[scope.patient]
