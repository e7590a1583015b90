"""What is found for a question: by its own words, by its context, and by what the chart warns of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Protocol

from cds.answering import Asked, enough
from cds.confidence import confidence
from cds.earlier import leans_on_another
from cds.evidence import Evidence, Passage, Retriever, SearchFilter, Sentence, only, together
from cds.fit import LeftOut, asks_which_medicine, fitting, for_patient, values_in
from cds.forbidding import forbids
from cds.language_model import LanguageModel
from cds.medicines import mentions, with_classes
from cds.offer import Offered, Similarity, offer
from cds.patient import PatientScope
from cds.policy import Policy
from cds.safety import chart
from cds.safety.sources import query_of, sentence_for
from cds.stated_facts import warned

_GUIDELINE_PASSAGES, _RECORD_PASSAGES = 8, 4  # as many as a physician looks through
_WARNED, _FOR_A_WARNING = 2, 4  # of the gravest warnings, and passages looked through for each
_LOW_EGFR = 45.0  # below it doses and choices change
_FOR_THE_CHART = 4  # passages looked through for what the chart says, when a medicine is asked for
_CALLED = {"kidney": "eGFR creatinine clearance", "age": "older adults aged", "pulse": "heart rate"}
_CERTAIN = 0.9  # that a sentence which warns of the very medicine and state answers whether it may be given


class Sources(Protocol):
    """What finding needs of the parts of a consult."""

    @property
    def retriever(self) -> Retriever: ...
    @property
    def similarity(self) -> Similarity | None: ...
    @property
    def in_full(self) -> Callable[[str], str]: ...
    @property
    def left_out(self) -> LeftOut: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def model(self) -> LanguageModel | None: ...


def in_context(asked: Asked, parts: Sources, scope: PatientScope | None, *, as_of: date | None) -> Asked:
    """What was found for the question; for a follow-up, for the earlier question and this one together."""
    if asked.earlier is None:
        return _found(asked, asked.text, parts, scope, as_of=as_of)
    together = _found(asked, asked.earlier.with_question(asked.text), parts, scope, as_of=as_of)
    if leans_on_another(asked.text):
        return together
    alone = _found(asked, asked.text, parts, scope, as_of=as_of)
    return alone if alone.confidence >= together.confidence else together


def _search(
    retriever: Retriever, text: str, scope: PatientScope | None, *, as_of: date | None, telling: str = ""
) -> Evidence:
    """The guidelines' passages, then this patient's; it bears on the question if either does."""
    found = retriever.search(text, limit=_GUIDELINE_PASSAGES, where=SearchFilter(as_of=as_of))
    if telling:
        more = retriever.search(f"{text} {telling}", limit=_FOR_THE_CHART, where=SearchFilter(as_of=as_of))
        found = together(found, more)
    if scope is None:
        return found
    own = retriever.search_record(text, scope, limit=_RECORD_PASSAGES)
    return replace(found, hits=(*found.hits, *own.hits), relevance=max(found.relevance, own.relevance))


def _found(asked: Asked, text: str, parts: Sources, scope: PatientScope | None, *, as_of: date | None) -> Asked:
    """What was found for these words; when that is not enough, what is found for the classes of their medicines."""
    found = _look(asked, text, parts, scope, as_of=as_of)
    wider = with_classes(text)
    if wider == text or enough(found, parts.model, parts.policy):
        return found
    again = _look(asked, wider, parts, scope, as_of=as_of)
    return again if again.confidence > found.confidence else found


def _look(asked: Asked, text: str, parts: Sources, scope: PatientScope | None, *, as_of: date | None) -> Asked:
    told = (_telling(asked) if asks_which_medicine(text) else "", _limits(text, asked.on))
    telling = " ".join(one for one in told if one)
    evidence = _search(parts.retriever, text, scope, as_of=as_of, telling=telling)
    found = offer(text, evidence.hits, similarity=parts.similarity)
    meant = parts.in_full(text)
    offered = fitting(meant, found, left_out=parts.left_out, on=asked.on)
    if asked.facts is not None:
        offered = for_patient(offered, asked.facts, question=meant, on=asked.on)
    sure = confidence(meant, evidence, offered)
    return replace(asked, searched=text, meant=meant, evidence=evidence, offered=offered, confidence=sure)


def _telling(asked: Asked) -> str:
    """What of the chart most often turns the choice of a medicine, in the words of guidelines."""
    if asked.facts is None:
        return ""
    said = [f"allergic to {allergy.text}" for allergy in asked.facts.allergies if allergy.active][:2]
    for state in ("pregnant", "breastfeeding"):
        if chart.state(asked.facts, state, on=asked.on) is not None:
            said.append(state)
    if chart.compare(asked.facts, "egfr", "<", _LOW_EGFR, on=asked.on) is not None:
        said.append("low eGFR")
    return " ".join(said)


def _limits(text: str, on: date) -> str:
    """Words by which sentences are found that forbid a medicine at a value the question states."""
    measures = [_CALLED.get(value.measure, value.measure) for value in values_in(text, on=on)]
    return f"do not start, avoid, stop: {' '.join(measures)}" if measures and mentions(text) else ""


def with_what_warns(asked: Asked, parts: Sources, *, as_of: date | None) -> Asked:
    """For a medicine this patient must not have: the sentence of the library that says so, as the best answer."""
    values = values_in(asked.text, on=asked.on)
    if asked.offered and forbids(asked.offered[0], values):
        values = ()  # the library's own limit, met, says it better than a rule of the table
    grave = [w for w in warned(asked.facts, values, [asked.text], on=asked.on) if w.severity == "stop"]
    asked_about = [w for w in grave if not w.text.startswith("Already taking")][:_WARNED]
    for warning in reversed(asked_about):
        found = parts.retriever.search(query_of(warning), limit=_FOR_A_WARNING, where=SearchFilter(as_of=as_of))
        source = sentence_for(warning, found.hits)
        if source is not None:
            asked = _led_by(asked, *source, found=only(found, source[0].id))
    return asked


def _led_by(asked: Asked, passage: Passage, sentence: Sentence, *, found: Evidence) -> Asked:
    """The same with this sentence first, and its passage among the evidence."""
    best = max((one.score for one in asked.offered), default=0.0)
    leading = Offered(passage, sentence, max(best, _CERTAIN), _CERTAIN)
    others = tuple(one for one in asked.offered if one.id != leading.id)
    return replace(
        asked,
        offered=(leading, *others),
        evidence=together(asked.evidence, found),
        confidence=max(asked.confidence, _CERTAIN),
    )
