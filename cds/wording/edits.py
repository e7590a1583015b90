"""What was changed of a sentence to make another that is nearly the same."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from cds.wording.sentence import Sentence

_LIKELY = 0.6  # of the words that both must hold before they are laid side by side


@dataclass(frozen=True, slots=True)
class Edit:
    """One place where two sentences differ: the words of the one that stand for the words of the other."""

    added: range  # tokens of the new sentence
    removed: range  # tokens of the old one
    before: int  # words that are the same right before, and right after; a sentence's end counts as many
    after: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much of a sentence is another's, word for word and in order, and where it differs."""

    kept: float
    edits: tuple[Edit, ...]


_END = 99


@lru_cache(maxsize=4_096)  # each of several checks asks for the same pair
def compare(new: Sentence, old: Sentence) -> Comparison:
    """Lay two sentences side by side."""
    mine, theirs = _words(new), _words(old)
    if not mine or sum(word in set(theirs) for word in mine) < _LIKELY * len(mine):
        return Comparison(0.0, ())
    blocks = SequenceMatcher(None, mine, theirs, autojunk=False).get_matching_blocks()
    kept = sum(block.size for block in blocks) / len(mine)
    edits = []
    start_new = start_old = 0
    run = _END
    for place, block in enumerate(blocks):
        added, removed = range(start_new, block.a), range(start_old, block.b)
        ended = place == len(blocks) - 1
        if added or removed:
            edits.append(Edit(added, removed, run, _END if ended else block.size))
        start_new, start_old, run = block.a + block.size, block.b + block.size, block.size
    return Comparison(kept, tuple(edits))


def _words(sentence: Sentence) -> list[str]:
    tokens = sentence.tokens
    return [*sentence.stems[:-1], *(() if tokens and tokens[-1].text == "." else sentence.stems[-1:])]
