"""The physician's first grid: options and cells made of the library's own sentences, and of nothing else."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cds.evidence import Hit, Passage, Sentence
from cds.ids import new_id
from cds.offer import stems
from cds.sharing.checking import quoted_line
from cds.sharing.grid import ASPECTS, Aspect, Cell, Grid, Line, Option
from cds.sharing.reading import plain
from cds.sharing.risks import shares_in
from cds.sharing.sorting import OPTION, aspect_of, is_nothing, is_set_apart, unlabelled

# Passages looked through for the options of a decision; the section that weighs them is seldom the first hit.
PASSAGES = 12
# The other passages of the same section of the same edition, in reading order.
Siblings = Callable[[Passage], Sequence[Passage]]

_DECISION = re.compile(
    r"\b(?:shared decision|decision aid|choosing|making (?:a|the) (?:decision|choice)|options?)\b", re.I
)
_CERTAINTY = re.compile(
    r"certainty(?: of (?:this|these) figures?)? is (very low|low|moderate|high)\b|"
    r"of (very low|low|moderate|high) certainty",
    re.I,
)


# "of 100 women with cystitis who take no antibiotic, …": two such make a comparison.
_TAKES = re.compile(
    r"\bof\s+(?:every\s+)?1(?:00|,?000)\b[^.,;]{0,80}?\bwho\s+(?:take|receive|use|get)\s+(?:(?:an?|the)\s+)?"
    r"(?P<name>[A-Za-z][\w -]{1,40}?)(?=\s+(?:for|in|that|about|every|by)\b|[,.;])",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _Said:
    """One sentence with its place and the option whose paragraph it stands in."""

    passage: Passage
    sentence: Sentence
    text: str
    option: str | None


def draft(question: str, hits: Sequence[Hit], siblings: Siblings, *, on: date) -> Grid:
    """A grid from the section of the library that weighs these options, or an empty one where there is none."""
    guidelines = [hit.passage for hit in hits if hit.passage.kind == "guideline"]
    sections = [siblings(passage) for passage in guidelines]
    section = next((found for found in sections if len(_names(found)) > 1), ())
    if not section:
        about = [found for found in sections if len(compared(found)) > 1 and _is_about(question, found)]
        if about:
            return Grid(compare(about[0], on=on), _topics(question, about[0][:1], on=on), made_on=on)
        return Grid(topics=_topics(question, guidelines[:1], on=on), made_on=on)
    said = tuple(_read(section))
    certainty = _certainty(section)
    names = _names(section)
    options = tuple(_option(name, names, said, certainty=certainty, on=on) for name in names)
    testing = bool(re.search(r"screen|test", section[0].document.title, re.I))
    return Grid(options, _topics(question, section[:1], on=on), "test" if testing else "treatment", on)


def compared(section: Sequence[Passage]) -> tuple[str, ...]:
    """What the figures of a section compare: those who take one thing with those who take another, or none."""
    found = (name for passage in section for sentence in passage.sentences for name in _taken(sentence.text))
    return tuple(dict.fromkeys(found))


def compare(section: Sequence[Passage], *, on: date) -> tuple[Option, ...]:
    """The options of such a section, each with the sentences that name it, and the rest with the one that is new."""
    names = compared(section)
    certainty = _certainty(section)
    doing = [name for name in names if not is_nothing(name)]
    made = {name: {aspect: list[Line]() for aspect in ASPECTS} for name in names}
    for passage in section:
        for sentence in passage.sentences:
            named = _taken(sentence.text) or (doing if len(doing) == 1 and shares_in(sentence.text) else ())
            if is_set_apart(sentence.text) or (len(named) > 1 and len(doing) > 1):
                continue
            for name in named:
                line = _line(passage, sentence, sentence.text, certainty=passage.certainty or certainty, on=on)
                made[name][aspect_of(sentence.text)].append(line)
    return tuple(
        Option(new_id(), name, tuple(Cell(aspect, tuple(made[name][aspect])) for aspect in ASPECTS), is_nothing(name))
        for name in names
    )


def _taken(text: str) -> tuple[str, ...]:
    found = (" ".join(match["name"].split()) for match in _TAKES.finditer(text))
    return tuple(dict.fromkeys(name[0].upper() + name[1:] for name in found))


def draft_option(name: str, hits: Sequence[Hit], *, on: date) -> Option:
    """One more option that the physician names, from the sentences that speak of it."""
    wanted = stems(name)
    lines: dict[Aspect, list[Line]] = {aspect: [] for aspect in ASPECTS}
    for hit in hits:
        if hit.passage.kind != "guideline":
            continue
        for sentence in hit.passage.sentences:
            text = unlabelled(sentence.text)
            if not wanted <= stems(sentence.text) or is_set_apart(text) or not shares_in(text):
                continue
            aspect = aspect_of(text)
            if len(lines[aspect]) < _MOST_LINES:
                lines[aspect].append(_line(hit.passage, sentence, text, certainty=hit.passage.certainty, on=on))
    cells = tuple(Cell(aspect, tuple(lines[aspect])) for aspect in ASPECTS)
    return Option(new_id(), name, cells, nothing=is_nothing(name), named_by="physician")


# What a person takes in of one option's one aspect before it becomes a wall.
_MOST_LINES = 4


def _names(section: Sequence[Passage]) -> tuple[str, ...]:
    found = (OPTION.match(s.text) for passage in section if _weighs(passage) for s in passage.sentences)
    return tuple(dict.fromkeys(match["name"] for match in found if match))


def _is_about(question: str, section: Sequence[Passage]) -> bool:
    first = section[0]
    there = " ".join((first.document.title, *first.section, *compared(section)))
    return bool(stems(question) & stems(there))


def _weighs(passage: Passage) -> bool:
    return any(OPTION.match(s.text) for s in passage.sentences) or any(map(_DECISION.search, passage.section))


def _read(section: Sequence[Passage]) -> Iterator[_Said]:
    for passage in section:
        option, end = None, 0
        for sentence in passage.sentences:
            if "\n" in passage.text[end : sentence.start]:
                option = None  # a new paragraph speaks for itself
            end = sentence.end
            named = OPTION.match(sentence.text)
            if named:
                option = named["name"]
            if not is_set_apart(sentence.text):
                yield _Said(passage, sentence, unlabelled(sentence.text), option)


def _option(name: str, names: Sequence[str], said: Sequence[_Said], *, certainty: str | None, on: date) -> Option:
    lines: dict[Aspect, list[Line]] = {aspect: [] for aspect in ASPECTS}
    for one in said:
        if one.option == name or (one.option is None and _meant(one.sentence.text, names) == name):
            aspect = aspect_of(one.sentence.text)
            lines[aspect].append(
                _line(one.passage, one.sentence, one.text, certainty=one.passage.certainty or certainty, on=on)
            )
    cells = tuple(Cell(aspect, tuple(lines[aspect])) for aspect in ASPECTS)
    return Option(new_id(), name, cells, nothing=is_nothing(name))


def _meant(text: str, names: Sequence[str]) -> str | None:
    """The one option that a sentence outside the options' own paragraphs speaks of."""
    doing = [name for name in names if not is_nothing(name)]
    if len(doing) == 1:
        return doing[0]
    named = [name for name in doing if stems(name) & stems(text)]
    return named[0] if len(named) == 1 else None


def _line(passage: Passage, sentence: Sentence, text: str, *, certainty: str | None, on: date) -> Line:
    as_written = quoted_line(new_id(), passage, sentence, text=text, certainty=certainty, on=on)
    easier = plain(text)
    if easier == text:
        return as_written
    simpler = quoted_line(as_written.id, passage, sentence, text=easier, certainty=certainty, on=on)
    # Everyday words only where the checks find that they still say what the source says.
    return simpler if simpler.by == "library" and len(simpler.shares) == len(as_written.shares) else as_written


def _certainty(section: Sequence[Passage]) -> str | None:
    for passage in section:
        found = _CERTAINTY.search(passage.text)
        if found:
            return (found[1] or found[2]).lower()
    return None


def _topics(question: str, found: Sequence[Passage], *, on: date) -> tuple[Line, ...]:
    topics = [Line("decision", question, by="physician")]
    for passage in found:
        title = passage.document.title
        topics.append(Line("condition", title if title.endswith(".") else f"{title}.", by="physician"))
        published = f", edition {passage.document.version}" if passage.document.version else ""
        topics.append(
            Line(
                "updates",
                f"Made on {on.day} {on:%B %Y} from “{title}”{published}, as our library has it today. "
                "A new talk starts from the newest edition.",
                by="physician",
            )
        )
    return tuple(replace(topic, shares=()) for topic in topics)
