"""Parts of a document into passages: small enough to read at a glance, never across a heading."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ingest.documents.blocks import Block
from ingest.documents.grading import grading_of, only_grading
from knowledge.editions import NewPassage, WordBox

# The embedder reads 256 word pieces; medical English takes about 1.4 a word, and title and section go in front.
MOST_WORDS = 150
# Below this a rest is put to the passage before it, as long as that stays readable.
_FEW_WORDS = 30
_STRETCH = 1.3
# Where words are not parted by spaces, this many signs count as one.
_SIGNS_A_WORD = 8
# A lead-in longer than this is a paragraph of its own, not the name of what follows.
_LONGEST_LEAD = 240

_WHOM = re.compile(
    r"\b(?:adults?|child(?:ren)?|infants?|neonat\w+|newborns?|adolescen\w+|young people|pregnan\w+|"
    r"breast-?feeding|lactat\w+|"
    r"older|elderly|women|men|aged|(?:people|patients|persons) (?:with|who|aged|over|under))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Part:
    """A block, or a piece of a long one, at its place in the text of the edition."""

    block: Block
    origin: int  # where the block begins
    start: int
    end: int
    section: tuple[str, ...]
    text: str
    sentences: tuple[tuple[int, int], ...]  # in the edition's text


@dataclass(slots=True)
class _Open:
    """The passage being filled."""

    parts: list[Part] = field(default_factory=list)
    section: tuple[str, ...] = ()
    graded: bool = False

    @property
    def words(self) -> int:
        return sum(weight(part.text) for part in self.parts)


def weight(text: str) -> int:
    """How many words a text counts for."""
    return max(len(text.split()), len(text) // _SIGNS_A_WORD)


def passages_of(parts: Sequence[Part], text: str, *, population: str | None) -> Iterator[NewPassage]:
    """The passages these parts make, in order."""
    for passage in _with_rests(_grouped(parts)):
        yield _passage(passage, text, population)


def _grouped(parts: Sequence[Part]) -> list[_Open]:
    done: list[_Open] = []
    current = _Open()
    leads: dict[int, str] = {}  # list or table → what introduces it
    before: Part | None = None
    for part in parts:
        if part.block.kind in ("heading", "identity"):
            done.append(current)
            current, before = _Open(), None
            continue
        group = part.block.group
        if group and group not in leads:
            leads[group] = before.text.rstrip(" :") if before is not None and _leads(before) else ""
        states = any(grading_of(part.text))
        if current.parts and _must_close(current, part, states=states):
            moved = _lead_in(current, group)
            done.append(current)
            current = _Open(parts=moved, section=part.section)
        if not current.parts:
            continued = group and before is not None and before.block.group == group
            lead = leads.get(group, "") if continued else ""
            current.section = (*part.section, lead) if 0 < len(lead) <= _LONGEST_LEAD else part.section
        current.parts.append(part)
        current.graded = current.graded or states
        before = part
    return [*done, current]


def _must_close(current: _Open, part: Part, *, states: bool) -> bool:
    """Whether this part begins a passage of its own."""
    if only_grading(part.text):
        return False
    last = current.parts[-1]
    if current.words + weight(part.text) > MOST_WORDS:
        return True
    in_table = part.block.kind in ("row", "caption")
    if in_table != (last.block.kind in ("row", "caption")) and not (in_table and _leads(last)):
        return True
    # A recommendation stands alone, so that its grading is nobody else's; what it introduces goes with it.
    same_list = last.block.group != 0 and last.block.group == part.block.group
    introduced = _leads(last) or (same_list and not (states and current.graded))
    return (states or current.graded) and not introduced


def _leads(part: Part) -> bool:
    """Whether this part introduces what follows it."""
    return part.block.kind == "caption" or (part.block.kind != "row" and part.text.rstrip().endswith(":"))


def _lead_in(current: _Open, group: int) -> list[Part]:
    """A lead-in at the end of a full passage goes with its list into the next."""
    if group and len(current.parts) > 1 and _leads(current.parts[-1]):
        return [current.parts.pop()]
    return []


def _with_rests(passages: Sequence[_Open]) -> list[_Open]:
    kept: list[_Open] = []
    for passage in passages:
        if not passage.parts:
            continue
        last = kept[-1] if kept else None
        if (
            last is not None
            and passage.words < _FEW_WORDS
            and not passage.graded
            and not last.graded
            and passage.parts[0].section == last.parts[0].section
            and last.words + passage.words <= MOST_WORDS * _STRETCH
            # A heading between two means another section, though it may have the same name.
            and 0 <= passage.parts[0].start - last.parts[-1].end <= 2
        ):
            last.parts.extend(passage.parts)
        else:
            kept.append(passage)
    return kept


def _passage(passage: _Open, text: str, population: str | None) -> NewPassage:
    parts = passage.parts
    start, end = parts[0].start, parts[-1].end
    strength, certainty = grading_of(text[start:end])
    whom = next((heading for heading in reversed(passage.section) if _WHOM.search(heading)), population)
    return NewPassage(
        start=start,
        end=end,
        section=passage.section,
        sentences=tuple((left - start, right - start) for part in parts for left, right in part.sentences),
        page=next((part.block.page for part in parts if part.block.page is not None), None),
        boxes=tuple(box for part in parts for box in _boxes(part, start)),
        strength=strength,
        certainty=certainty,
        population=whom,
    )


def _boxes(part: Part, start: int) -> Iterator[WordBox]:
    """The places of a part's words, counted from the start of the passage."""
    for word in part.block.run.words:
        left, right = part.origin + word.start, part.origin + word.end
        if part.start <= left and right <= part.end:
            yield WordBox(left - start, right - start, word.box)
