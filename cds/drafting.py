"""One call of a language model: the prompt it is given, the schema it is held to, and what came back as types."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cds.earlier import Earlier
from cds.errors import CdsError
from cds.grounding.statement import DraftStatement
from cds.language_model import LanguageModel
from cds.language_model.tokens import estimate
from cds.offer import Offered
from cds.patient import PatientFacts
from cds.prompts import Prompt, load_prompt
from cds.recommendation import Because

# On two cores a model of 1.5B reads 70 tokens a second: 420 tokens of sentences and question are 6 seconds.
SENTENCE_TOKENS = 420
MOST_STATEMENTS = 3
_STATEMENT_CHARACTERS = 260  # a sentence a physician reads in one breath
_OUT = {"draft": 260, "select": 40}  # three statements, or three numbers, with their JSON
_LEFT_FOR_PROMPT = 0.8  # of the context; the rest is for the answer and for miscounting


class InvalidDraft(CdsError):
    """What the model wrote is not what its schema asks for."""

    code = "invalid_draft"


@dataclass(frozen=True, slots=True)
class Drafted:
    """What the model proposed: statements by sentence ids, or that these sentences do not answer."""

    answered: bool
    statements: tuple[DraftStatement, ...]
    prompt: Prompt
    seconds: float


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    cites: list[str] = Field(min_length=1)
    text: str = Field(min_length=1, max_length=_STATEMENT_CHARACTERS)


class _Draft(BaseModel):
    model_config = ConfigDict(extra="forbid")
    answered: Literal["yes", "no"]
    statements: list[_Line] = Field(default_factory=list, max_length=MOST_STATEMENTS)
    sentences: list[str] = Field(default_factory=list, max_length=MOST_STATEMENTS)


def within_budget(offered: Sequence[Offered], *, tokens: int) -> tuple[Offered, ...]:
    """The best sentences that fit, put back into the order in which their documents have them."""
    order = {passage: at for at, passage in enumerate(dict.fromkeys(one.passage.id for one in offered))}
    kept: list[Offered] = []
    headings: set[str] = set()
    left = tokens
    for one in offered:
        cost = estimate(one.sentence.text) + 4  # its number and its line
        if one.passage.id not in headings:
            cost += estimate(_heading(one))
        if cost > left:
            continue
        left -= cost
        headings.add(one.passage.id)
        kept.append(one)
    return tuple(sorted(kept, key=lambda one: (order[one.passage.id], one.sentence.number)))


def draft(
    model: LanguageModel,
    *,
    question: str,
    offered: Sequence[Offered],
    patient: Sequence[Because],
    earlier: Earlier | None = None,
    refused: Sequence[str] = (),
    seconds: float,
    cancelled: Callable[[], bool],
) -> Drafted:
    """Ask once; ask once more with the error when the form is wrong; then `InvalidDraft`."""
    skill = model.identity.skill
    if skill == "none":
        raise ValueError("a model without the skill is not asked")
    prompt = load_prompt(skill, family=model.identity.name.split("-")[0].lower())
    before = earlier.as_line() if earlier is not None else ""
    sentences = within_budget(offered, tokens=_budget(model, prompt) - estimate(before))
    labels = {str(at): one for at, one in enumerate(sentences, 1)}
    schema = _schema(skill, labels)
    user = _user_text(question, labels, patient, before, refused)
    spent = 0.0
    error = ""
    for _ in range(2):
        answer = model.complete(
            system=prompt.text,
            user=user + error,
            schema=schema,
            max_tokens=_OUT[skill],
            seconds=seconds - spent,
            cancelled=cancelled,
        )
        spent += answer.seconds
        try:
            return _read(answer.text, labels, prompt, spent)
        except InvalidDraft as wrong:
            error = f"\nYour last answer had the wrong form: {wrong.message} Answer with the JSON only."
    raise InvalidDraft("The model's answer has the wrong form, twice.")


def warm_up(model: LanguageModel, *, seconds: float) -> None:
    """Let the model read its instructions once: they start every prompt, and it need not read them again."""
    skill = model.identity.skill
    if skill == "none":
        return
    prompt = load_prompt(skill, family=model.identity.name.split("-")[0].lower())
    model.complete(
        system=prompt.text,
        user="",
        schema=_object({"answered": {"const": "no"}}),
        max_tokens=_OUT[skill],
        seconds=seconds,
        cancelled=lambda: False,
    )


def patient_lines(facts: PatientFacts, on: date) -> tuple[Because, ...]:
    """The few facts of this patient that most answers turn on, each with the line of the chart it comes from."""
    lines: list[Because] = []
    age = facts.age(on)
    if age is not None:
        lines.append(Because("birth_date", f"{age} years old"))
    if facts.sex != "unknown":
        lines.append(Because("sex", facts.sex))
    lines += [Because(a.id, f"allergic to {a.text}") for a in facts.allergies if a.active][:3]
    lines += [Because(c.id, c.text) for c in facts.conditions if c.active][:5]
    lines += [Because(m.id, f"takes {m.text}") for m in facts.medications if m.active][:6]
    egfr = facts.latest("33914-3", "48642-3", "48643-1", "62238-1", "77147-7", "88293-6", "98979-8")
    if egfr is not None and egfr.value is not None:
        lines.append(Because(egfr.id, f"eGFR {egfr.value:g}"))
    return tuple(lines)


def _budget(model: LanguageModel, prompt: Prompt) -> int:
    room = int(model.identity.context * _LEFT_FOR_PROMPT) - estimate(prompt.text) - 200
    return max(120, min(SENTENCE_TOKENS, room))


def _heading(one: Offered) -> str:
    return f"[{' › '.join((one.passage.document.title, *one.passage.section[-2:]))}]"


def _user_text(
    question: str, labels: dict[str, Offered], patient: Sequence[Because], before: str, refused: Sequence[str]
) -> str:
    lines: list[str] = []
    heading = None
    for label, one in labels.items():
        if _heading(one) != heading:
            heading = _heading(one)
            lines.append(heading)
        lines.append(f"{label}. {' '.join(one.sentence.text.split())}")
    if patient:
        lines.append(f"Patient: {'; '.join(line.text for line in patient)}.")
    if before:
        lines.append(before)
    lines.append(f"Question: {' '.join(question.split())}")
    if refused:
        lines.append("An earlier answer was refused: " + " ".join(refused))
    return "\n".join(lines)


def _schema(skill: str, labels: dict[str, Offered]) -> dict[str, Any]:
    ids = {"type": "array", "items": {"enum": list(labels)}, "minItems": 1, "maxItems": MOST_STATEMENTS}
    if skill == "select":
        content: dict[str, Any] = {"sentences": ids}
    else:
        line = _object(
            {"cites": {**ids, "maxItems": 2}, "text": {"type": "string", "maxLength": _STATEMENT_CHARACTERS}}
        )
        content = {"statements": {"type": "array", "items": line, "minItems": 1, "maxItems": MOST_STATEMENTS}}
    return {"anyOf": [_object({"answered": {"const": "yes"}, **content}), _object({"answered": {"const": "no"}})]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _read(text: str, labels: dict[str, Offered], prompt: Prompt, seconds: float) -> Drafted:
    try:
        found = _Draft.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise InvalidDraft(f"{first['msg']}.") from None
    if found.answered == "no":
        return Drafted(False, (), prompt, seconds)
    if found.sentences:
        # The model chose; the words are the source's own.
        chosen = [labels[label] for label in dict.fromkeys(found.sentences) if label in labels]
        statements = [DraftStatement(one.sentence.text, one.kind, (one.id,)) for one in chosen]
    else:
        statements = [_statement(line, labels) for line in found.statements]
    if not statements:
        raise InvalidDraft("It names no sentence of the list.")
    return Drafted(True, tuple(statements), prompt, seconds)


def _statement(line: _Line, labels: dict[str, Offered]) -> DraftStatement:
    cited = [labels[label] for label in dict.fromkeys(line.cites) if label in labels]
    unknown = [label for label in line.cites if label not in labels]
    ids = (*(one.id for one in cited), *unknown)  # an invented number stays, so that the checks refuse it
    kinds = {one.kind for one in cited}
    return DraftStatement(line.text.strip(), "finding" if kinds == {"finding"} else "recommendation", ids)
