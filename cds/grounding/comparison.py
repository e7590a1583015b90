"""In "A is better than B" and "A causes B" the two sides have not changed places."""

from cds.grounding.reading import Reading
from cds.recommendation import CheckResult
from cds.wording.sentence import Sentence, Term

# What stands between the two sides.
_THAN = frozenset({"than"})
_VERBS = (
    "cause",
    "lead",
    "induc",
    "increas",
    "reduc",
    "decreas",
    "inhibit",
    "activ",
    "prevent",
    "promot",
    "improv",
    "worsen",
    "trigger",
    "produc",
    "precede",
    "follow",
    "replac",
    "outperform",
    "exceed",
    "suppress",
    "stimul",
    "bind",
    "regul",
    "prolong",
    "lower",
    "rais",
    "block",
    "enhanc",
    "predict",
)
_PASSIVE = frozenset({"by"})


def check_comparison(reading: Reading) -> CheckResult:
    """Fail a statement whose two sides stand the other way round in what it cites."""
    if reading.verbatim:
        return CheckResult("comparison", "pass")
    applies = False
    for sentence in reading.claim:
        mine = _sides(sentence)
        if mine is None:
            continue
        for other in reading.aligned(sentence)[:2]:
            theirs = _sides(other)
            if theirs is None or theirs[0] != mine[0]:
                continue
            applies = True
            straight = _shared(mine[1], theirs[1]) + _shared(mine[2], theirs[2])
            crossed = _shared(mine[1], theirs[2]) + _shared(mine[2], theirs[1])
            both = _shared(mine[1], theirs[2]) and _shared(mine[2], theirs[1])
            if both and crossed > straight:
                return CheckResult("comparison", "fail", "the two sides have changed places", "contradicted")
    return CheckResult("comparison", "pass" if applies else "not_applicable")


def _sides(sentence: Sentence) -> tuple[str, list[Term], list[Term]] | None:
    """What is compared or does something, and what it is compared with or does it to; with the word between."""
    words = sentence.words()
    taken = {i for q in sentence.quantities for i in range(q.first, q.last + 1)}
    for i, word in enumerate(words):
        if word in _THAN and i not in taken and not (i and words[i - 1] in ("rather", "other")):
            down = any(
                w in ("less", "fewer", "lower", "worse", "inferior", "smaller", "shorter")
                for w in words[max(0, i - 4) : i]
            )
            before = [t for t in sentence.terms if t.last < i and t.specific]
            after = [t for t in sentence.terms if t.first > i and t.specific]
            return ("than", after, before) if down else ("than", before, after)
    for i, token in enumerate(sentence.tokens):
        if i in taken or i == 0:
            continue
        verb = next((v for v in _VERBS if token.stem.startswith(v)), None)
        if verb is None or token.text.endswith(("tion", "ment", "er", "or", "ers", "ors")):
            continue
        before = [t for t in sentence.terms if t.last < i and t.specific]
        after = [t for t in sentence.terms if t.first > i and t.specific]
        if not before or not after:
            continue
        if any(w in _PASSIVE for w in words[i + 1 : i + 3]):
            return verb, after, before
        return verb, before, after
    return None


def _shared(one: list[Term], other: list[Term]) -> float:
    return sum(term.weight for term in one if any(term.matches(o) for o in other))
