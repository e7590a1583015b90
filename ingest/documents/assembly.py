"""Blocks into the one text of the edition, and into passages that never cross a heading."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from cds.sentences import split_sentences
from ingest.documents.blocks import Block, joined
from ingest.documents.grading import grading_of, only_grading
from knowledge.editions import NewPassage, WordBox

# The embedder reads 256 word pieces; medical English takes about 1.4 a word, and title and section go in front.
MOST_WORDS = 150
# Below this a rest is put to the passage before it, as long as that stays readable.
FEW_WORDS = 30
_STRETCH = 1.3


@dataclass(frozen=True, slots=True)
class Placed:
    """A block, or a part of a long one, at its place in the text of the edition."""

    block: Block
    origin: int  # where the block begins
    start: int
    end: int
    section: tuple[str, ...]
    words: int
    sentences: tuple[tuple[int, int], ...]  # in the edition's text


@dataclass(slots=True)
class _Open:
    """The passage being filled."""

    parts: list[Placed] = field(default_factory=list)
    section: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        return sum(part.words for part in self.parts)


def assemble(blocks: Sequence[Block], *, title: str | None = None) -> tuple[str, tuple[NewPassage, ...]]:
    """The text of the edition, and its passages at their places in it."""
    text, placed = _lay_out(blocks, title)
    return text, tuple(_passage(parts, section, text) for parts, section in _group(placed))


def _lay_out(blocks: Sequence[Block], title: str | None) -> tuple[str, list[Placed]]:
    texts: list[str] = []
    placed: list[Placed] = []
    headings: list[tuple[int, str]] = []
    length = 0
    before: Block | None = None
    for block in blocks:
        if _bulleted(block):
            block = replace(block, run=joined(["- ", block.run]))
        text = block.text
        if before is not None:
            together = block.group and block.group == before.group
            separator = "\n" if together else "\n\n"
            texts.append(separator)
            length += len(separator)
        if block.kind == "heading":
            while headings and headings[-1][0] >= block.level:
                headings.pop()
            headings.append((block.level, block.text))
        section = tuple(name for _, name in headings)
        if section and title is not None and section[0].casefold() == title.casefold():
            section = section[1:]
        placed.extend(_parts(block, text, length, section))
        texts.append(text)
        length += len(text)
        before = block
    return "".join(texts), placed


def _bulleted(block: Block) -> bool:
    return block.kind == "item" and not block.text[:1].isdigit()


def _parts(block: Block, text: str, start: int, section: tuple[str, ...]) -> Iterator[Placed]:
    """The block whole, or cut between sentences when it is too long for one passage."""
    if block.kind == "row":
        spans = [(0, len(text))]  # a row is one sentence: its figures must not come apart from their drug
    else:
        spans = [(sentence.start, sentence.end) for sentence in split_sentences(text)]
    spans = [short for span in spans for short in _shortened(text, span)]
    current: list[tuple[int, int]] = []
    count = 0
    for left, right in spans:
        words = len(text[left:right].split())
        if current and count + words > MOST_WORDS:
            yield _placed(block, current, start, section, count, whole=False, length=len(text))
            current, count = [], 0
        current.append((left, right))
        count += words
    if current:
        first = current[0][0] == spans[0][0]
        yield _placed(block, current, start, section, count, whole=first, length=len(text))


def _placed(
    block: Block,
    spans: list[tuple[int, int]],
    start: int,
    section: tuple[str, ...],
    words: int,
    *,
    whole: bool,
    length: int,
) -> Placed:
    left, right = (0, length) if whole else (spans[0][0], spans[-1][1])
    sentences = tuple((start + one, start + other) for one, other in spans)
    return Placed(block, start, start + left, start + right, section, words, sentences)


def _shortened(text: str, span: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """A sentence, or pieces of one that would not fit into a passage by itself."""
    left, right = span
    words = text[left:right].split(" ")
    if len(words) <= MOST_WORDS:
        yield span
        return
    for at in range(0, len(words), MOST_WORDS):
        piece = " ".join(words[at : at + MOST_WORDS])
        stripped = piece.strip()
        if stripped:
            begin = left + piece.index(stripped)
            yield begin, begin + len(stripped)
        left += len(piece) + 1


def _group(placed: Sequence[Placed]) -> Iterator[tuple[list[Placed], tuple[str, ...]]]:
    """Parts that make a passage together, with their section."""
    done: list[_Open] = []
    current = _Open()
    leads: dict[int, str] = {}  # list or table → what introduces it
    graded = False
    for before, part in pairwise([None, *placed]):
        assert part is not None
        if part.block.kind == "heading":
            done.append(current)
            current, graded = _Open(), False
            continue
        group = part.block.group
        if group and group not in leads:
            leads[group] = before.block.text if before is not None and _leads(before.block) else ""
        states = any(grading_of(part.block.text))
        closes = only_grading(part.block.text)
        full = current.words + part.words > MOST_WORDS and not closes
        if current.parts and (full or (states and not closes and (graded or not _leads(current.parts[-1].block)))):
            keep = _lead_in(current, group)
            done.append(current)
            current, graded = _Open(parts=keep, section=part.section), False
        if not current.parts:
            lead = leads.get(group, "") if group else ""
            follows = before is not None and before.block.group == group
            current.section = (*part.section, lead) if lead and follows else part.section
        current.parts.append(part)
        graded = graded or states
    done.append(current)
    for passage in _with_rests(done):
        yield passage.parts, passage.section


def _leads(block: Block) -> bool:
    """Whether this block introduces what follows it."""
    return block.kind == "caption" or (block.kind == "paragraph" and block.text.endswith(":"))


def _lead_in(current: _Open, group: int) -> list[Placed]:
    """A lead-in at the end of a full passage goes with its list into the next."""
    if group and len(current.parts) > 1 and _leads(current.parts[-1].block):
        return [current.parts.pop()]
    return []


def _with_rests(passages: Sequence[_Open]) -> Iterator[_Open]:
    kept: list[_Open] = []
    for passage in passages:
        if not passage.parts:
            continue
        last = kept[-1] if kept else None
        if (
            last is not None
            and passage.words < FEW_WORDS
            and passage.parts[0].section == last.parts[0].section
            and last.words + passage.words <= MOST_WORDS * _STRETCH
            and not any(any(grading_of(part.block.text)) for part in passage.parts)
            and _adjacent(last, passage)
        ):
            last.parts.extend(passage.parts)
        else:
            kept.append(passage)
    return iter(kept)


def _adjacent(one: _Open, other: _Open) -> bool:
    """Whether only white space lies between: a heading between two means another section of the same name."""
    return 0 <= other.parts[0].start - one.parts[-1].end <= 2


def _passage(parts: list[Placed], section: tuple[str, ...], text: str) -> NewPassage:
    start, end = parts[0].start, parts[-1].end
    strength, certainty = grading_of(text[start:end])
    return NewPassage(
        start=start,
        end=end,
        section=section,
        sentences=tuple((left - start, right - start) for part in parts for left, right in part.sentences),
        page=next((part.block.page for part in parts if part.block.page is not None), None),
        boxes=tuple(box for part in parts for box in _boxes(part, start)),
        strength=strength,
        certainty=certainty,
    )


def _boxes(part: Placed, start: int) -> Iterator[WordBox]:
    """The places of a part's words, counted from the start of the passage."""
    for word in part.block.run.words:
        left, right = part.origin + word.start, part.origin + word.end
        if part.start <= left and right <= part.end:
            yield WordBox(left - start, right - start, word.box)
