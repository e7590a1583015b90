"""The decision as a grid: options side by side, each cell with sentences that cite the library."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from cds.errors import NotFound
from cds.recommendation import Citation

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Aspect = Literal["benefits", "harms", "like", "asks"]
ASPECTS: dict[Aspect, str] = {
    "benefits": "What it may do for you",
    "harms": "What may go wrong",
    "like": "What it is like",
    "asks": "What it asks of you",
}
# What is said of the decision as a whole; the last four matter when it is about a test.
TOPICS: dict[str, str] = {
    "condition": "The health problem",
    "decision": "The decision",
    "updates": "How this is kept up to date",
    "funding": "Who paid for this",
    "measures": "What the test looks for",
    "if_found": "What happens if it finds something",
    "if_clear": "What happens if it finds nothing",
    "needless": "Finding what would never have done harm",
}
TEST_TOPICS = ("measures", "if_found", "if_clear", "needless")
Kind = Literal["treatment", "test"]


@dataclass(frozen=True, slots=True)
class Share:
    """An absolute risk as its sentence states it: `count` of every `of` people."""

    count: float
    of: int
    outcome: str
    sense: Literal["=", "<", ">"] = "="
    more: bool = False  # so many more than with another choice
    among: str = ""  # which people, where the sentence says so: "with a score of 4"

    @property
    def rate(self) -> float:
        return self.count / self.of


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a cell."""

    id: str
    text: str
    citation: Citation | None = None
    shares: tuple[Share, ...] = ()
    certainty: str | None = None
    by: Literal["library", "physician"] = "library"  # physician: said by the physician, not borne out by a source
    failed: str | None = None  # what the checks found, for the physician
    drafted: str | None = None  # the model that chose or wrote it; None: quoted by rule, or the physician's


@dataclass(frozen=True, slots=True)
class Cell:
    aspect: Aspect
    lines: tuple[Line, ...] = ()  # none: the library does not say


@dataclass(frozen=True, slots=True)
class Option:
    id: str
    name: str
    cells: tuple[Cell, ...]
    nothing: bool = False  # to wait, or to have no treatment or no test
    named_by: Literal["library", "physician"] = "library"

    def cell(self, aspect: str) -> Cell:
        found = next((cell for cell in self.cells if cell.aspect == aspect), None)
        if found is None:
            raise NotFound("There is no such cell.")
        return found

    def with_cell(self, changed: Cell) -> "Option":
        return replace(self, cells=tuple(changed if cell.aspect == changed.aspect else cell for cell in self.cells))

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for cell in self.cells for line in cell.lines)


@dataclass(frozen=True, slots=True)
class Grid:
    """What the physician works on; the patient sees what was released of it."""

    options: tuple[Option, ...] = ()
    topics: tuple[Line, ...] = ()  # by the names of TOPICS
    kind: Kind = "treatment"
    made_on: date | None = None

    def topic(self, name: str) -> Line | None:
        return next((line for line in self.topics if line.id == name), None)

    def with_topic(self, line: Line) -> "Grid":
        others = tuple(known for known in self.topics if known.id != line.id)
        return replace(self, topics=(*others, line) if line.text else others)

    def option(self, option_id: str) -> Option:
        found = next((option for option in self.options if option.id == option_id), None)
        if found is None:
            raise NotFound("There is no such option.")
        return found

    def with_option(self, changed: Option) -> "Grid":
        if all(option.id != changed.id for option in self.options):
            return replace(self, options=(*self.options, changed))
        return replace(self, options=tuple(changed if option.id == changed.id else option for option in self.options))

    def without_option(self, option_id: str) -> "Grid":
        return replace(self, options=tuple(option for option in self.options if option.id != option_id))

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for option in self.options for line in option.lines)


def denominator(shares: Iterator[Share] | tuple[Share, ...]) -> int:
    """The one denominator for a whole decision: 100, or 1,000 where an outcome is rarer than one in a hundred."""
    rates = [share.rate for share in shares if share.rate > 0 and share.sense == "="]
    return next((of for of in (100, 1000) if all(rate * of >= 1 - 1e-9 for rate in rates)), 1000)


def to_json(value: Any) -> Any:
    """A grid or a part of it as plain JSON."""
    return _adapter(type(value).__name__).dump_python(value, mode="json")


def from_json(kind: type[Any], value: Any) -> Any:
    """A grid or a part of it again."""
    return _adapter(kind.__name__).validate_python(value)


@lru_cache(maxsize=8)
def _adapter(kind: str) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter({"Grid": Grid, "Option": Option, "Cell": Cell, "Line": Line}[kind])
