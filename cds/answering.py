"""From sentences to what may be shown: the model's checked statements, else the sentences themselves, else silence."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from cds.contradictions import contradictions
from cds.drafting import InvalidDraft, draft
from cds.earlier import Earlier
from cds.errors import Unavailable
from cds.evidence import Evidence
from cds.grounding import ground
from cds.grounding.answers_question import check_question
from cds.grounding.statement import DraftStatement
from cds.language_model import LanguageModel
from cds.language_model.quoting import best_sentences
from cds.offer import Offered
from cds.patient import PatientFacts
from cds.policy import Policy
from cds.prompts import load_prompt
from cds.recommendation import (
    Abstention,
    Because,
    CheckResult,
    Citation,
    Contradiction,
    ModelStamp,
    PromptStamp,
    Referral,
    Statement,
    Status,
    Withheld,
)

# One draft, and one more with the reasons when every statement of the first was refused.
_ATTEMPTS = 2
_NEAREST = 3
_COMPARED = 24  # of the best sentences, what is shown is held against
# The model says that the sentences hold no answer: believed unless the search is nearly certain of the contrary.
_SURE = 0.9
_NOTHING = Evidence((), None)
_NOT_ANSWERED = "The guidelines held here do not answer this question. The nearest passages are below."


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be shown, what is not, and who wrote it."""

    status: Status
    statements: tuple[Statement, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    abstention: Abstention | None = None
    referral: Referral | None = None
    model: ModelStamp | None = None
    prompt: PromptStamp | None = None
    because: str = ""  # why it is quoted: no_model, model_too_slow, invalid_draft, …
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with everything an answer is made from."""

    text: str
    on: date  # the day by which editions and ages are judged
    searched: str = ""  # what was searched for: of a follow-up, the earlier question too
    meant: str = ""  # the same in full words
    evidence: Evidence = _NOTHING
    offered: tuple[Offered, ...] = ()
    confidence: float = 0.0  # that what is offered answers the question
    facts: PatientFacts | None = None
    patient: tuple[Because, ...] = ()  # what the model is told of the patient
    earlier: Earlier | None = None  # what this question follows up


def answer(
    asked: Asked,
    *,
    model: LanguageModel | None,
    policy: Policy,
    seconds: float,
    cancelled: Callable[[], bool],
    on_draft: Callable[[], None] = lambda: None,
) -> Answer:
    """Silence below the threshold; the model's checked statements where it can; the best sentences otherwise."""
    usable = model if model is not None and model.identity.skill != "none" else None
    if not enough(asked, usable, policy) or not asked.offered:
        return abstained(asked, "not_in_library")
    if usable is None:
        return quoted(asked, because="no_model" if model is None else "model_unfit")
    began = time.monotonic()
    try:
        done = _by_model(asked, usable, seconds=seconds, cancelled=cancelled, on_draft=on_draft)
    except Unavailable as error:
        if error.code == "cancelled":
            raise
        done = quoted(asked, because=error.code)
        return replace(done, seconds={"model": round(time.monotonic() - began, 3)})  # it was waited for all the same
    except InvalidDraft as error:
        done = quoted(asked, because=error.code)
        return replace(done, seconds={"model": round(time.monotonic() - began, 3)})
    return done


def enough(asked: Asked, model: LanguageModel | None, policy: Policy) -> bool:
    """Whether what was found bears on the question as surely as this site asks for."""
    return asked.confidence >= _threshold(asked, model, policy)[0]


def expired(asked: Asked, model: LanguageModel | None, policy: Policy) -> bool:
    """Whether the thresholds this site has were chosen for another model, embedder or prompt than are in use."""
    return not _threshold(asked, model, policy)[1]


def _threshold(asked: Asked, model: LanguageModel | None, policy: Policy) -> tuple[float, bool]:
    identity = model.identity if model is not None and model.identity.skill != "none" else None
    prompt = load_prompt(identity.skill) if identity is not None else None
    return policy.threshold(
        embedder=asked.evidence.embedder_digest or asked.evidence.embedder,
        model=identity.digest if identity is not None else None,
        prompt=prompt.sha256 if prompt is not None else None,
    )


def quoted(asked: Asked, *, because: str = "", withheld: tuple[Withheld, ...] = ()) -> Answer:
    """The best sentences, word for word, after the same checks as a model's."""
    shown, refused = _checked(
        asked, [DraftStatement(one.sentence.text, one.kind, (one.id,)) for one in best_sentences(asked.offered)]
    )
    if not shown:
        return abstained(asked, "no_support", withheld=(*withheld, *refused))
    return Answer("quoted", statements=shown, withheld=withheld, because=because)


def abstained(asked: Asked, reason: str, *, withheld: tuple[Withheld, ...] = ()) -> Answer:
    """Nothing is said; the nearest passages are named."""
    nearest = tuple(hit.passage.id for hit in asked.evidence.hits[:_NEAREST])
    return Answer("abstained", withheld=withheld, abstention=Abstention(reason, _NOT_ANSWERED, nearest))


def citations_of(asked: Asked, ids: Sequence[str]) -> tuple[Citation, ...]:
    """Rendered from the passages as the database has them, one for each passage."""
    known = {one.id: one for one in asked.offered}
    passages: dict[str, list[Offered]] = {}
    for identifier in ids:
        passages.setdefault(known[identifier].passage.id, []).append(known[identifier])
    return tuple(_citation(sentences, asked.on) for sentences in passages.values())


def contradicted(asked: Asked, statements: Sequence[Statement]) -> tuple[Contradiction, ...]:
    """What other documents say differently of what is about to be shown."""
    shown = {(c.passage, number) for s in statements for c in s.citations for number in c.sentences}
    cited = [one for one in asked.offered if (one.passage.id, one.sentence.number) in shown]
    return contradictions(cited, asked.offered[:_COMPARED], cite=lambda one: _citation([one], asked.on))


def _by_model(
    asked: Asked,
    model: LanguageModel,
    *,
    seconds: float,
    cancelled: Callable[[], bool],
    on_draft: Callable[[], None],
) -> Answer:
    began = time.monotonic()
    spent = 0.0
    withheld: tuple[Withheld, ...] = ()
    for _ in range(_ATTEMPTS):
        drafted = draft(
            model,
            question=asked.text,
            offered=asked.offered,
            patient=asked.patient,
            earlier=asked.earlier,
            refused=[f"“{one.text}” ({one.detail or one.failed})." for one in withheld],
            seconds=seconds - (time.monotonic() - began),
            cancelled=cancelled,
        )
        spent += drafted.seconds
        on_draft()
        if not drafted.answered:
            silent = asked.confidence < _SURE
            done = (
                abstained(asked, "model_found_no_answer", withheld=withheld)
                if silent
                else quoted(asked, because="model_found_no_answer", withheld=withheld)
            )
            return replace(done, seconds={"model": round(spent, 3)})
        shown, refused = _checked(asked, drafted.statements)
        withheld = (*withheld, *refused)
        if shown:
            identity = model.identity
            return Answer(
                "answered",
                statements=shown,
                withheld=withheld,
                model=ModelStamp(identity.name, identity.digest, identity.runtime),
                prompt=PromptStamp(drafted.prompt.name, drafted.prompt.sha256),
                seconds={"model": round(spent, 3)},
            )
        if model.identity.skill == "select":
            break  # the same sentences would be chosen again
    return replace(quoted(asked, because="nothing_held", withheld=withheld), seconds={"model": round(spent, 3)})


def _checked(asked: Asked, statements: Sequence[DraftStatement]) -> tuple[tuple[Statement, ...], tuple[Withheld, ...]]:
    known = {one.id: one for one in asked.offered}
    shown: list[Statement] = []
    withheld: list[Withheld] = []
    for statement in statements:
        cited = tuple(known[identifier].cited() for identifier in statement.sentences if identifier in known)
        grounded = ground(statement, cited=cited, retrieved=known.keys(), facts=asked.facts, question=asked.text)
        failed = grounded.failed
        if grounded.verdict == "supported":
            fits = check_question(statement.text, asked.meant or asked.text, known[statement.sentences[0]].passage)
            if fits.outcome != "fail":
                shown.append(_shown(asked, statement, (*grounded.results, fits)))
                continue
            failed = fits
        withheld.append(
            Withheld(
                statement.text,
                failed.check if failed is not None else "content",
                failed.detail if failed is not None else "nothing could be checked",
                failed.verdict if failed is not None else grounded.verdict,
                statement.kind,
                statement.sentences,
            )
        )
    return tuple(shown), tuple(withheld)


def _shown(asked: Asked, statement: DraftStatement, results: tuple[CheckResult, ...]) -> Statement:
    known = {one.id: one for one in asked.offered}
    first = known[statement.sentences[0]].passage
    return Statement(
        text=statement.text,
        kind=statement.kind,
        citations=citations_of(asked, statement.sentences),
        checks=results,
        strength=first.strength,
        certainty=first.certainty,
    )


def _citation(sentences: Sequence[Offered], on: date) -> Citation:
    passage, document = sentences[0].passage, sentences[0].passage.document
    ordered = sorted(sentences, key=lambda one: one.sentence.number)
    return Citation(
        passage=passage.id,
        sentences=tuple(one.sentence.number for one in ordered),
        quote=" ".join(passage.text[one.sentence.start : one.sentence.end] for one in ordered),
        document=document.id,
        title=document.title,
        version=document.version,
        section=passage.section,
        page=passage.page,
        published=document.published,
        past_review=document.past_review(on),
        superseded_on=document.superseded_on,
    )
