"""Where a number stands: whether what is around it in the cited text is what is around it in the statement."""

from collections.abc import Iterable

from cds.grounding.numbers.amounts import is_near, same_range
from cds.wording.quantities import Quantity
from cds.wording.sentence import Sentence, Term

_ZONE = 8  # words behind a number that may say what it is of
_FAR = 30  # words away nothing belongs to a number any more
_IN_ORDER = frozenset({"respectively", "then", "followed", "subsequently", "thereafter"})


def out_of_order(sentence: Sentence, other: Sentence) -> bool:
    """Whether numbers whose order matters ("10 mg, then 5 mg", "3 and 5, respectively") stand in another order."""
    if not (_IN_ORDER & set(sentence.words()) and _IN_ORDER & set(other.words())):
        return False
    for dimension in {q.dimension for q in sentence.quantities}:
        said = [(q.low, q.high) for q in sentence.quantities if q.dimension == dimension]
        there = iter([(q.low, q.high) for q in other.quantities if q.dimension == dimension])
        if len(said) > 1 and not all(any(same_range(one, two) for two in there) for one in said):
            return True
    return False


def same_order(sentence: Sentence, other: Sentence) -> bool:
    """Whether the numbers with a unit stand, each the same, in one order in both: what they are said of does too."""
    mine = [q for q in sentence.quantities if q.dimension]
    theirs = [q for q in other.quantities if q.dimension]
    if len(mine) < 2:
        return False
    return any(
        all(a.dimension == b.dimension and is_near(a, b) for a, b in zip(mine, theirs[at:], strict=False))
        for at in range(len(theirs) - len(mine) + 1)
    )


def own_zone(sentence: Sentence, offered: Quantity, other: Sentence) -> bool:
    """Whether of several numbers with what each is of behind it, the statement names what is behind this one only."""
    alike = sorted((q for q in other.quantities if q.dimension == offered.dimension), key=lambda q: q.first)
    if len(alike) < 2:
        return False
    ends = [*(q.first for q in alike[1:]), len(other.tokens)]
    named = []
    for q, end in zip(alike, ends, strict=True):
        behind = [t for t in other.terms if q.last < t.first < min(end, q.last + _ZONE)]
        named.append({t.stem for t in behind if any(t.matches(o) for o in sentence.terms)})
    mine = named.pop(alike.index(offered))
    return bool(mine) and not any(named) and alike.index(offered) > 0


def fit_of_place(
    wanted: Quantity,
    sentence: Sentence,
    offered: Quantity,
    other: Sentence,
    rivals: Iterable[tuple[Quantity, Sentence]],
) -> float:
    """How well the words around a number in the evidence fit the words around it in the statement."""
    score = 0.05
    for term in sentence.terms:
        near = nearness(term, wanted.first, wanted.last, sentence)
        if not near:
            continue
        there = [nearness(o, offered.first, offered.last, other) for o in other.like(term) if term.sign * o.sign >= 0]
        score += near * max(there, default=0.0) * max(term.weight, 0.5)
    for companion in sentence.quantities:
        if companion is wanted or companion.dimension == wanted.dimension:
            continue
        here = _gap(wanted, companion)
        there = [
            _gap(offered, q) for q in other.quantities if q.dimension == companion.dimension and is_near(q, companion)
        ]
        score += here * max(there, default=0.0)
    return score


def _gap(one: Quantity, other: Quantity) -> float:
    return 1 / (1 + max(0, max(one.first, other.first) - min(one.last, other.last)) / 4)


def nearness(term: Term, first: int, last: int, sentence: Sentence) -> float:
    """1 beside these tokens, less with each word between, and less again with each comma or clause."""
    low, high = (last + 1, term.first) if term.first > last else (term.last + 1, first)
    if high - low > _FAR:
        return 0.0
    between = sentence.tokens[low:high]
    near = 1 / (1 + len(between) / 4)
    for token in between:
        if token.text in (",", ";", ":", "and", "or", "but", "then", "whereas", "while", "versus", "vs", "(", ")"):
            near *= 0.6
    return near
