"""A recommendation arranged for the page: passages numbered, quoted sentences marked, what does not apply set apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from cds.decisions import Decision
from cds.evidence import Hit, Passage
from cds.reasons import REASONS, SHORT_LIST, Reason
from cds.recommendation import AuditRef, Citation, Recommendation, Statement

STATUS_WORDS = {
    "answered": ("Answered", "Written by the local model; every sentence was checked against the passage it cites."),
    "quoted": ("Quoted", "Sentences of the guidelines, word for word, after the same checks."),
    "abstained": ("No answer", "The library does not answer this question."),
    "referred": ("Not for this service", "The question was not put to the library."),
}
# Why an answer was quoted rather than written, as the consult noted it.
QUOTED_BECAUSE = {
    "no_model": "no language model is set up",
    "model_unfit": "the language model is not fit to write answers",
    "model_found_no_answer": "the language model found no answer in the passages",
    "nothing_held": "nothing the language model wrote held against the passages",
    "model_resting": "the language model failed lately and is left alone for a minute",
}
CHOICE_WORDS = {
    "accepted": "Accepted",
    "modified": "Modified",
    "overridden": "Overridden",
    "deferred": "Deferred",
    "open": "Open",
    "not_decided": "Not decided",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a passage's text; `sentence` where it is one, `marked` where an answer rests on it."""

    text: str
    sentence: int | None
    marked: bool


@dataclass(frozen=True, slots=True)
class Card:
    """One passage of the evidence."""

    number: int
    passage: Passage
    pieces: tuple[Piece, ...]
    cited: bool
    past_review: bool


@dataclass(frozen=True, slots=True)
class ConsultView:
    recommendation: Recommendation
    audit: AuditRef
    decisions: tuple[Decision, ...]
    applying: tuple[Statement, ...]
    excluded: tuple[Statement, ...]
    numbers: dict[str, int]
    text: str  # the answer alone, as it is modified

    @property
    def status_words(self) -> tuple[str, str]:
        return STATUS_WORDS[self.recommendation.status]

    @property
    def quoted_because(self) -> str:
        code = str(self.recommendation.extra.get("because", ""))
        return QUOTED_BECAUSE.get(code, "the language model did not answer in time" if code else "")

    @property
    def decided(self) -> Decision | None:
        return self.decisions[-1] if self.decisions else None


def view_of(recommendation: Recommendation, audit: AuditRef, decisions: Sequence[Decision] = ()) -> ConsultView:
    """Everything the answer's part of the page shows."""
    statements = recommendation.statements
    return ConsultView(
        recommendation=recommendation,
        audit=audit,
        decisions=tuple(decisions),
        applying=tuple(statement for statement in statements if statement.applies != "excluded"),
        excluded=tuple(statement for statement in statements if statement.applies == "excluded"),
        numbers=numbers_of(recommendation.evidence),
        text="\n".join(statement.text for statement in statements if statement.applies != "excluded"),
    )


def numbers_of(hits: Iterable[Hit]) -> dict[str, int]:
    """Each passage's number on the page, in the order it was found."""
    return {hit.passage.id: number for number, hit in enumerate(hits, start=1)}


def cards_of(hits: Sequence[Hit], citations: Iterable[Citation], *, on: date) -> tuple[Card, ...]:
    """The evidence, with the sentences that are cited marked."""
    cited: dict[str, set[int]] = {}
    for citation in citations:
        cited.setdefault(citation.passage, set()).update(citation.sentences)
    return tuple(
        Card(
            number=number,
            passage=hit.passage,
            pieces=pieces_of(hit.passage, cited.get(hit.passage.id, set())),
            cited=hit.passage.id in cited,
            past_review=hit.passage.document.past_review(on),
        )
        for number, hit in enumerate(hits, start=1)
    )


def citations_in(recommendation: Recommendation) -> tuple[Citation, ...]:
    """Every citation of what is shown."""
    shown = [citation for statement in recommendation.statements for citation in statement.citations]
    shown += [side for found in recommendation.contradictions for side in (found.left, found.right)]
    return tuple(shown)


def pieces_of(passage: Passage, marked: set[int]) -> tuple[Piece, ...]:
    """The whole text of a passage, cut at its sentences; nothing is lost between them."""
    pieces: list[Piece] = []
    at = 0
    for sentence in sorted(passage.sentences, key=lambda one: one.start):
        if sentence.start > at:
            pieces.append(Piece(passage.text[at : sentence.start], None, marked=False))
        start = max(sentence.start, at)
        pieces.append(Piece(passage.text[start : sentence.end], sentence.number, sentence.number in marked))
        at = max(at, sentence.end)
    if at < len(passage.text):
        pieces.append(Piece(passage.text[at:], None, marked=False))
    return tuple(pieces)


def as_text(view: ConsultView, *, asked_by: str) -> str:
    """The answer for the chart: plain text, with its citations and where it stands in the log."""
    shown = view.recommendation
    head = [f"Question: {shown.question}", f"{view.status_words[0]}, {shown.asked_at:%Y-%m-%d %H:%M} UTC, {asked_by}"]
    lines = [*head, "", *_answer_lines(view)]
    if view.decided:
        lines += ["", f"Decision: {CHOICE_WORDS[view.decided.choice].lower()}, {view.decided.at:%Y-%m-%d %H:%M} UTC"]
    return "\n".join([*lines, "", f"Record {shown.id}, entry {view.audit.seq}"])


def as_reply(view: ConsultView) -> str:
    """The answer as one message of a chat."""
    place = f"{view.status_words[0]}. Record {view.recommendation.id}, entry {view.audit.seq}."
    return "\n".join([*_answer_lines(view), "", place])


def _answer_lines(view: ConsultView) -> list[str]:
    shown = view.recommendation
    lines = []
    for warning in shown.warnings:
        facts = "; ".join(because.text for because in warning.because)
        lines.append(f"WARNING ({warning.kind}): {warning.text}" + (f" ({facts})" if facts else ""))
    for statement in (*view.applying, *view.excluded):
        marks = "".join(f"[{view.numbers.get(citation.passage, '?')}]" for citation in statement.citations)
        note = " (not for this patient)" if statement.applies == "excluded" else ""
        lines.append(f"- {statement.text} {marks}{note}")
    lines += [words.text for words in (shown.abstention, shown.referral) if words]
    used = {citation.passage: citation for statement in shown.statements for citation in statement.citations}
    if used:
        lines += ["", "Sources:"]
    for passage, citation in sorted(used.items(), key=lambda item: view.numbers.get(item[0], 0)):
        edition = f", {citation.version}" if citation.version else ""
        page = f", page {citation.page}" if citation.page else ""
        section = " › ".join(citation.section)
        lines.append(f"[{view.numbers.get(passage, '?')}] {citation.title}{edition}, {section}{page}")
    return lines


def reason_groups() -> tuple[tuple[Reason, tuple[Reason, ...]], ...]:
    """The whole tree of reasons, behind the short list."""
    return tuple(
        (group, tuple(reason for reason in REASONS.values() if reason.group == group.code))
        for group in REASONS.values()
        if group.group is None
    )


def short_reasons() -> tuple[Reason, ...]:
    """The reasons shown at once."""
    return SHORT_LIST
