"""The grid as the local model fills it: it names options and places sentences; code decides what of that may stay."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from cds.drafting import within_budget
from cds.ids import new_id
from cds.medicines import names_in
from cds.offer import Offered, stems
from cds.prompts import Prompt
from cds.sharing.asking import Asking, closed_object
from cds.sharing.checking import quoted_line
from cds.sharing.grid import ASPECTS, Aspect, Cell, Grid, Line, Option
from cds.sharing.placing import misplaced
from cds.sharing.sorting import is_nothing, is_set_apart

# What a model reads in about ten seconds on two cores, and as many lines as it writes in half a minute.
_TOKENS, _MOST_LINES, _MOST_OPTIONS = 700, 10, 5
_LONGEST_NAME, _LONGEST_TEXT = 60, 260
_OUT = {True: 900, False: 420}  # tokens, with and without sentences of its own


@dataclass(frozen=True, slots=True)
class Proposed:
    """A line or an option the checks refused: kept in the record, shown to the physician as refused."""

    text: str
    option: str
    why: str


@dataclass(frozen=True, slots=True)
class Composed:
    """What the model added to a grid, and what of its work was refused."""

    options: tuple[Option, ...] = ()  # new ones, and known ones with their new lines only
    refused: tuple[Proposed, ...] = ()
    prompts: tuple[Prompt, ...] = field(default=())


class _Named(BaseModel):
    name: str = Field(min_length=1, max_length=_LONGEST_NAME)
    sentence: str


class _Options(BaseModel):
    options: list[_Named] = Field(max_length=_MOST_OPTIONS)


class _Placed(BaseModel):
    sentence: str
    option: str
    place: Aspect
    text: str | None = Field(default=None, max_length=_LONGEST_TEXT)


class _Lines(BaseModel):
    lines: list[_Placed] = Field(max_length=_MOST_LINES)


def compose(asking: Asking, *, question: str, grid: Grid, offered: Sequence[Offered], on: date) -> Composed:
    """Options where the grid has none, then lines for them from sentences that it does not yet cite."""
    refused: list[Proposed] = []
    prompts: list[Prompt] = []
    options = grid.options
    if not options:
        prompts.append(asking.prompt("grid-options"))
        options = _name_options(asking, prompts[0], question, _labelled(offered), refused)
    cited = {(line.citation.passage, *line.citation.sentences) for line in grid.lines if line.citation}
    left = _labelled([one for one in offered if (one.passage.id, one.sentence.number) not in cited])
    placed: list[_Placed] = []
    if options and left:
        prompts.append(asking.prompt("grid-draft" if asking.writes else "grid-select"))
        placed = _place(asking, prompts[-1], question, options, left)
    filled = _checked(placed, options, left, refused, by=asking.model.identity.name, on=on)
    known = {option.id for option in grid.options}
    new = tuple(option for option in filled if option.lines or option.id not in known)
    return Composed(new, tuple(refused), tuple(prompts))


def _labelled(offered: Sequence[Offered]) -> dict[str, Offered]:
    guidelines = [one for one in offered if one.passage.kind == "guideline" and not is_set_apart(one.sentence.text)]
    return {str(at): one for at, one in enumerate(within_budget(guidelines, tokens=_TOKENS), 1)}


def _name_options(
    asking: Asking, prompt: Prompt, question: str, labels: dict[str, Offered], refused: list[Proposed]
) -> tuple[Option, ...]:
    if not labels:
        return ()
    name = {"type": "string", "minLength": 2, "maxLength": _LONGEST_NAME}
    one = closed_object({"name": name, "sentence": {"enum": list(labels)}})
    schema = closed_object({"options": {"type": "array", "items": one, "maxItems": _MOST_OPTIONS}})
    answer = asking.ask(prompt, _user_text(question, (), labels), schema, kind=_Options, max_tokens=200)
    made: dict[frozenset[str], Option] = {}
    for named in answer.options:
        source = labels.get(named.sentence)
        words = frozenset(stems(named.name))
        if source is None or not _bears(source, named.name):
            refused.append(Proposed(named.name, named.name, "the sentence it names does not name this option"))
        elif words not in made:
            label = " ".join(named.name.split())
            cells = tuple(Cell(aspect) for aspect in ASPECTS)
            made[words] = Option(new_id(), label[0].upper() + label[1:], cells, nothing=is_nothing(label))
    return tuple(made.values())


def _bears(source: Offered, name: str) -> bool:
    """Every word of an option's name stands in its sentence or heading, and not all in the title."""
    there = f"{source.sentence.text} {' '.join(source.passage.section)}"
    words = stems(name)
    own = words - stems(source.passage.document.title)
    return words <= stems(there) and names_in(name) <= names_in(there) and bool(own)


def _place(
    asking: Asking, prompt: Prompt, question: str, options: Sequence[Option], labels: dict[str, Offered]
) -> list[_Placed]:
    fields: dict[str, Any] = {
        "sentence": {"enum": list(labels)},
        "option": {"enum": [option.name for option in options]},
        "place": {"enum": list(ASPECTS)},
    }
    if asking.writes:
        fields["text"] = {"type": "string", "minLength": 3, "maxLength": _LONGEST_TEXT}
    items = closed_object(fields)
    schema = closed_object({"lines": {"type": "array", "items": items, "maxItems": _MOST_LINES}})
    user = _user_text(question, options, labels)
    return asking.ask(prompt, user, schema, kind=_Lines, max_tokens=_OUT[asking.writes]).lines


def _checked(
    placed: Sequence[_Placed],
    options: Sequence[Option],
    labels: dict[str, Offered],
    refused: list[Proposed],
    *,
    by: str,
    on: date,
) -> tuple[Option, ...]:
    by_name = {option.name: replace(option, cells=tuple(Cell(aspect) for aspect in ASPECTS)) for option in options}
    taken: set[tuple[str, str]] = set()
    for one in placed:
        option, source = by_name.get(one.option), labels.get(one.sentence)
        if option is None or source is None or (one.option, source.id) in taken:
            continue
        taken.add((one.option, source.id))
        text = " ".join((one.text or source.sentence.text).split())
        line, why = _line(source, text, option, one.place, tuple(options), on=on)
        if why is not None:
            refused.append(Proposed(text, option.name, why))
            continue
        cell = option.cell(one.place)
        line = replace(line, drafted=by)
        by_name[one.option] = option.with_cell(replace(cell, lines=(*cell.lines, line)))
    return tuple(by_name.values())


def _line(
    source: Offered, text: str, option: Option, aspect: Aspect, options: tuple[Option, ...], *, on: date
) -> tuple[Line, str | None]:
    sentence, passage = source.sentence, source.passage
    line = quoted_line(new_id(), passage, sentence, text=text, certainty=passage.certainty, on=on)
    if line.failed is not None:
        return line, line.failed
    return line, misplaced(sentence.text, option, aspect, options)


def _user_text(question: str, options: Sequence[Option], labels: dict[str, Offered]) -> str:
    lines = [f"Decision: {' '.join(question.split())}"]
    if options:
        lines.append(f"Options: {'; '.join(option.name for option in options)}")
    heading = None
    for label, one in labels.items():
        above = f"[{' › '.join((one.passage.document.title, *one.passage.section[-2:]))}]"
        if above != heading:
            heading = above
            lines.append(above)
        lines.append(f"{label}. {' '.join(one.sentence.text.split())}")
    return "\n".join(lines)
