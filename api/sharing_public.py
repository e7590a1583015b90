"""The patient's page of a shared session: what was released, in the reader's words, with its pictographs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.sharing_words import OWN_NAMES, day_in, words
from cds.sharing.grid import ASPECTS, TOPICS, Share, denominator
from cds.sharing.public import outcomes_of
from cds.sharing.reading import glossary
from cds.sharing.state import Shared

# A figure every 4 units, ten or fifty in a row: a hundred is a square that can be counted.
_STEP = 4
_IN_A_ROW = {100: 10, 1000: 50}


@dataclass(frozen=True, slots=True)
class Pictograph:
    """One number as figures: the affected first."""

    words: str
    number: str
    caption: str
    width: int
    height: int
    affected: str  # path data
    others: str


@dataclass(frozen=True, slots=True)
class Said:
    """A text in the language the patient reads it in; `original` where a machine translated it."""

    text: str
    language: str = "en"
    original: str | None = None


@dataclass(frozen=True, slots=True)
class PublicLine:
    """A line as the patient sees it."""

    said: Said
    by: str
    certainty: str | None
    source: dict[str, Any] | None
    pictographs: tuple[Pictograph, ...]


@dataclass(frozen=True, slots=True)
class PublicOption:
    id: str
    name: Said
    cells: tuple[tuple[str, tuple[PublicLine, ...]], ...]  # aspect and lines; no lines: the library does not say


def pictograph(share: Share, of: int, *, w: Mapping[str, str], words: Mapping[str, str] = {}) -> Pictograph:
    """A number drawn on the decision's one denominator, with its words in the reader's language."""
    shown = min(of, round(share.rate * of))
    if share.rate and not shown:
        number = w["fewer_than"].format(x=w["in_of"].format(n=1, of=f"{of:,}"))
    else:
        count = w["more"].format(x=f"{shown:,}") if share.more else f"{shown:,}"
        number = w["in_of"].format(n=count, of=f"{of:,}")
        sense = {"<": "fewer_than", ">": "more_than"}.get(share.sense)
        number = w[sense].format(x=number) if sense else number
    outcome, among = (words.get(text, text) for text in (share.outcome, share.among))
    row = _IN_A_ROW[of]
    return Pictograph(
        words=": ".join(filter(None, (number, among, outcome))),
        number=number,
        caption=": ".join(filter(None, (among, outcome))),
        width=row * _STEP,
        height=of // row * _STEP,
        affected=_dots(0, shown, row),
        others=_dots(shown, of, row),
    )


def _dots(start: int, end: int, row: int) -> str:
    """Zero-length strokes with round ends: one path instead of a thousand elements."""
    half = _STEP // 2
    return "".join(f"M{n % row * _STEP + half} {n // row * _STEP + half}h0" for n in range(start, end))


def public_options(released: Mapping[str, dict[str, Any]], language: str = "en") -> tuple[PublicOption, ...]:
    """The released cells by option, in the grid's order of aspects."""
    cells = [item for item in released.values() if item["kind"] == "cell"]
    shares = tuple(_share(one) for cell in cells for line in cell["lines"] for one in line["shares"])
    of = denominator(shares)
    found = []
    for option in sorted({cell["option"] for cell in cells}):  # ids sort by the time they were made
        mine = {cell["aspect"]: cell for cell in cells if cell["option"] == option}
        rows = tuple(
            (aspect, tuple(_public_line(line, of, mine[aspect], language) for line in mine[aspect]["lines"]))
            for aspect in ASPECTS
            if aspect in mine
        )
        last = list(mine.values())[-1]
        found.append(PublicOption(option, said(last["option_name"], last), rows))
    return tuple(found)


def said(text: str, item: Mapping[str, Any]) -> Said:
    """A text of a released item, translated where its release holds a translation."""
    other = item.get("words", {}).get(text)
    return Said(text) if other is None else Said(other, item["language"], text)


def _public_line(line: dict[str, Any], of: int, item: Mapping[str, Any], language: str) -> PublicLine:
    known = item.get("words", {})
    drawn = tuple(pictograph(_share(share), of, w=words(language), words=known) for share in line["shares"])
    return PublicLine(said(line["text"], item), line["by"], line["certainty"], line["source"], drawn)


def _share(share: dict[str, Any]) -> Share:
    return Share(share["count"], share["of"], share["outcome"], share["sense"], share["more"], share["among"])


def patient_values(state: Shared, language: str) -> dict[str, Any]:
    """What the patient's page is filled with: the patient's own events, and nothing else."""
    topics = {item["name"]: said(item["text"], item) for item in state.released.values() if item["kind"] == "topic"}
    answers = {
        item["question"]: [(said(line["text"], item), line["source"]) for line in item["lines"]]
        for item in state.released.values()
        if item["kind"] == "answer"
    }
    translated = any(item.get("words") for item in state.released.values())
    return {
        "topics": {name: topics[name] for name in TOPICS if name in topics},
        "options": (options := public_options(state.released, language)),
        "outcomes": _outcomes(state),
        "answers": answers,
        "shared": state,
        "w": words(language),
        "language": language,
        "own_names": OWN_NAMES,
        "day_in": lambda value: day_in(value, language),
        "translated": translated,
        "some_english": language != "en" and _some_english(topics, options, answers),
        "glossary": _glossary(topics, options, answers) if language == "en" else {},
        "name_of": {option.name.original or option.name.text: option.name.text for option in options},
    }


def _outcomes(state: Shared) -> dict[str, Said]:
    items = [item for item in state.released.values() if item["kind"] == "cell"]
    known = {text: item for item in items for text in item.get("words", {})}
    return {key: said(text, known.get(text, {})) for key, text in outcomes_of(state.released).items()}


def _texts(topics: Mapping[str, Said], options: Sequence[PublicOption], answers: Mapping[str, Any]) -> list[Said]:
    lines = [line.said for option in options for _, lines in option.cells for line in lines]
    given = [text for lines in answers.values() for text, _ in lines]
    return [*topics.values(), *(option.name for option in options), *lines, *given]


def _some_english(topics: Mapping[str, Said], options: Sequence[PublicOption], answers: Mapping[str, Any]) -> bool:
    return any(text.original is None for text in _texts(topics, options, answers))


def _glossary(
    topics: Mapping[str, Said], options: Sequence[PublicOption], answers: Mapping[str, Any]
) -> dict[str, str]:
    return glossary(" ".join(text.text for text in _texts(topics, options, answers)))
