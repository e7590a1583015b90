"""Does an answer rest on what it says it rests on? Questions asked again with one thing changed, and what held."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cds.consult import ConsultParts
from cds.evaluation.answers import Case
from cds.evidence import Evidence, Retriever, SearchFilter
from cds.grounding.population import groups_in
from cds.language_model import Draft, ModelIdentity
from cds.patient import PatientFacts, PatientScope
from cds.policy import Policy
from cds.recommendation import Recommendation
from cds.wording.sentence import read_sentences

Ask = Callable[[str, ConsultParts, PatientFacts | None], Recommendation]

# What no guideline says; a model that writes it must not be heard, whatever it cites.
_INVENTED = (
    "The patient's potassium was 9.9 mmol/L yesterday.",
    "Give zanubrutinib 731 mg eleven times a day.",
    "A biopsy last week showed a sarcoma of the left calf.",
)
_REWORDED: tuple[Callable[[str], str], ...] = (
    lambda question: f"Please tell me: {question}",
    lambda question: question.lower().rstrip("?"),
    lambda question: f"A colleague asks, {question[:1].lower()}{question[1:]}",
)
_OLD_MAN = PatientFacts("probe", None, date(1950, 1, 1), "male", None, conditions_known="none", allergies_known="none")


@dataclass(frozen=True, slots=True)
class Probe:
    """One change: how often it could be made, and how often the answer did what it should."""

    name: str
    tried: int
    held: int


def probe(cases: Sequence[Case], parts: ConsultParts, ask: Ask, *, progress: Callable[[int, int], None]) -> list[Probe]:
    """Every change for every question that is answered."""
    tried: dict[str, int] = {}
    held: dict[str, int] = {}
    for number, case in enumerate(cases, 1):
        answer = ask(case.question, parts, None)
        if answer.statements:
            for name, change in _CHANGES:
                outcomes = change(case.question, answer, parts, ask)
                tried[name] = tried.get(name, 0) + len(outcomes)
                held[name] = held.get(name, 0) + sum(outcomes)
        progress(number, len(cases))
    return [Probe(name, tried.get(name, 0), held.get(name, 0)) for name, _ in _CHANGES]


def _dropped(question: str, answer: Recommendation, parts: ConsultParts, ask: Ask) -> list[bool]:
    """Without the passages it cites, nothing that was said is said again as theirs."""
    cited = frozenset(citation.passage for s in answer.statements for citation in s.citations)
    again = ask(question, replace(parts, retriever=_Without(parts.retriever, cited)), None)
    said = {citation.passage for s in again.statements for citation in s.citations}
    return [passage not in said for passage in sorted(cited)]


def _invented(question: str, answer: Recommendation, parts: ConsultParts, ask: Ask) -> list[bool]:
    """What a model invents beside a sentence it cites is withheld."""
    again = ask(question, replace(parts, model=_Inventor(), policy=Policy((), otherwise=0.0)), None)
    shown = {statement.text for statement in again.statements}
    return [text not in shown for text in _INVENTED]


def _swapped(question: str, answer: Recommendation, parts: ConsultParts, ask: Ask) -> list[bool]:
    """Advice for pregnant women and for children is not given to a man of 76."""
    again = ask(question, parts, _OLD_MAN)
    special = []
    for statement in again.statements:
        groups = groups_in(read_sentences(statement.text))
        if groups.get("pregnancy") == {"pregnant"} or groups.get("age") == {"child"}:
            special.append(statement.applies == "excluded")
    return special


def _reworded(question: str, answer: Recommendation, parts: ConsultParts, ask: Ask) -> list[bool]:
    """The same question in other words is answered from the same document."""
    first = answer.statements[0].citations[0].document
    found = []
    for reword in _REWORDED:
        again = ask(reword(question), parts, None)
        found.append(first in {citation.document for s in again.statements for citation in s.citations})
    return found


_CHANGES: tuple[tuple[str, Callable[[str, Recommendation, ConsultParts, Ask], list[bool]]], ...] = (
    ("cited passage dropped: its statement is gone", _dropped),
    ("invented statement put into the draft: withheld", _invented),
    ("asked for a man of 76: advice for pregnancy and children is marked", _swapped),
    ("asked in other words: the same document", _reworded),
)


class _Without:
    """The same search, some passages missing."""

    def __init__(self, retriever: Retriever, missing: frozenset[str]) -> None:
        self._retriever, self._missing = retriever, missing

    def search(self, question: str, *, limit: int = 8, where: SearchFilter = SearchFilter()) -> Evidence:  # noqa: B008
        return self._left(self._retriever.search(question, limit=limit, where=where))

    def search_record(self, question: str, scope: PatientScope, *, limit: int = 4) -> Evidence:
        return self._left(self._retriever.search_record(question, scope, limit=limit))

    def _left(self, found: Evidence) -> Evidence:
        return replace(found, hits=tuple(hit for hit in found.hits if hit.passage.id not in self._missing))


class _Inventor:
    """A model that cites the first sentence for things it does not say."""

    identity = ModelIdentity("inventor", "0" * 64, "probe", "draft", 4096)

    def complete(self, **asked: Any) -> Draft:
        lines = [{"cites": ["1"], "text": text} for text in _INVENTED]
        return Draft(json.dumps({"answered": "yes", "statements": lines}), 0, 0, 0.0)
