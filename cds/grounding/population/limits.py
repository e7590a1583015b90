"""The limits of the cited text, a group or a condition, that a statement must not leave out."""

from collections.abc import Iterable
from itertools import pairwise

from cds.grounding.population.groups import FAMILIES, groups_in
from cds.grounding.population.severity import noun_after, nouns
from cds.grounding.reading import Reading, occurrences, parts_of
from cds.wording.sentence import Sentence
from cds.wording.text import word_set

# A group that, when the cited text limits itself to it, must not be dropped from a recommendation.
_KEPT = frozenset({"child", "older", "pregnant", "breastfeeding", "postpartum", "severe", "mild"})
_CONDITION = frozenset({"if", "when", "unless", "only", "provided", "whenever"})
_MOST_KEPT = 0.6  # of what the cited text says under a condition: only then is the condition what was left out
_PHRASE = 6  # words that the first of several phrases takes
_RESTING = 0.75  # of the share of the best part
_MODAL = word_set(
    """
    should must may can offer give use start stop consider avoid recommend recommended do refer offered given used
    treated check measure continue prescribe contraindicated indicated advised need needs treat add reduce
    switch monitor take
    """
)


def dropped(sentence: Sentence, aligned: tuple[Sentence, ...], reading: Reading) -> tuple[str, str] | None:
    """A limit of the cited text that the statement leaves out."""
    best = aligned[0]
    mine, theirs = groups_in([sentence]), groups_in([best])
    near = _beside(sentence, best)
    numbers = _resting(sentence, best)
    resting = {t.stem for i, t in enumerate(best.tokens) if best.segment_of(i) in numbers}
    asked = groups_in(s for s in reading.context if s.text == reading.question)
    claim_stems = {token.stem for token in sentence.tokens}
    for family, groups in theirs.items():
        if mine.get(family) or groups & asked.get(family, set()):
            continue
        for group in sorted(groups & _KEPT):
            noun = noun_after(best, FAMILIES[family][group])
            graded = len(nouns(best, FAMILIES[family][group]))
            always = graded >= sum(t.parts[-1] == noun for t in best.terms)
            limits = always or bool(resting & FAMILIES[family][group])
            if family == "severity" and noun and noun in claim_stems and limits:
                return f"the cited text speaks of {group} {noun} only", "contradicted"
            if _alternative(sentence, best, FAMILIES[family][group]):
                continue
            if family != "severity" and _advises(best) and len(groups) == 1 and near & FAMILIES[family][group]:
                return f"the cited text speaks of {group} only", "contradicted"
    return _condition_dropped(sentence, best, reading)


def _alternative(sentence: Sentence, best: Sentence, named: frozenset[str]) -> bool:
    """Whether a group stands in one of several phrases, "in A and in B", and the statement speaks of another one."""
    parts = [numbers for _, numbers in parts_of(best)]
    own = {n for numbers in parts for n in numbers if any(best.stems[i] in named for i in _tokens(best, numbers))}
    outside = [
        t for t in best.terms if t.specific and t.segment not in own and any(t.matches(o) for o in sentence.terms)
    ]
    if any(all(o.segment not in own for o in best.like(t)) for t in outside):
        return True
    starts = [i + 1 for i, t in enumerate(best.tokens[:-1]) if t.text in ("and", "or") and _phrase_starts(best, i + 1)]
    if not starts:
        return False
    bounds = [max(0, starts[0] - _PHRASE), *starts, len(best.tokens)]
    phrases = [range(a, b) for a, b in pairwise(bounds)]
    inside = [any(best.stems[i] in named for i in phrase) for phrase in phrases]
    shared = [
        any(
            t.first in phrase and t.specific and not set(t.parts) & named and any(t.matches(o) for o in sentence.terms)
            for t in best.terms
        )
        for phrase in phrases
    ]
    return any(s for s, i in zip(shared, inside, strict=True) if not i) and not any(
        s for s, i in zip(shared, inside, strict=True) if i
    )


def _tokens(sentence: Sentence, numbers: Iterable[int]) -> list[int]:
    return [i for n in numbers for i in range(sentence.segments[n].first, sentence.segments[n].last + 1)]


def _phrase_starts(best: Sentence, at: int) -> bool:
    return best.tokens[at].text in (
        "in",
        "to",
        "for",
        "during",
        "with",
        "people",
        "those",
        "when",
        "if",
        "women",
        "children",
    )


def _condition_dropped(sentence: Sentence, best: Sentence, reading: Reading) -> tuple[str, str] | None:
    """Fail when every condition of the cited text is left out; of several alternatives one is enough."""
    if not _advises(best):
        return None
    around = (sentence, *reading.context)
    known = {t.stem for s in around for t in s.tokens}
    dropped = False
    resting = _resting(sentence, best)
    said = [t for t in best.terms if t.segment in resting and not best.segments[t.segment].introduces and t.specific]
    kept_of = sum(any(t.matches(o) for o in sentence.terms) for t in said)
    if kept_of < _MOST_KEPT * len(said):
        return None  # it says something else of the same thing
    for number, segment in enumerate(best.segments):
        if number not in resting or segment.opener not in _CONDITION:
            continue
        terms = [t for t in best.terms if t.segment == number and t.specific]
        amounts = [q for q in best.quantities if segment.first <= q.first <= segment.last]
        if not terms and not amounts:
            continue
        kept = any(t.matches(o) for t in terms for s in around for o in s.terms)
        kept = kept or any(part in known for t in terms for part in t.parts)
        kept = kept or any(q.dimension == o.dimension for q in amounts for o in sentence.quantities)
        if kept:
            return None
        dropped = dropped or not (segment.first and best.tokens[segment.first - 1].text == "or")
    return ("the cited text says so under a condition that is left out", "contradicted") if dropped else None


def _resting(sentence: Sentence, best: Sentence) -> set[int]:
    """The segments of the parts that the statement may rest on: the condition of another clause is none of its own."""
    parts = [numbers for _, numbers in parts_of(best)]
    shares = []
    for numbers in parts:
        held = sum(t.weight for t in sentence.terms if any(o.segment in numbers for o in occurrences(t, best)))
        raw = [q.raw for q in best.quantities if best.segment_of(q.last) in numbers]
        shares.append(held + sum(q.raw in raw for q in sentence.quantities))
    most = max(shares, default=0.0)
    return {n for numbers, share in zip(parts, shares, strict=True) if share >= _RESTING * most for n in numbers}


def _beside(sentence: Sentence, best: Sentence) -> set[str]:
    """The words of the segments that say what the statement says, and of those that introduce them."""
    shares = [
        sum(t.weight for t in sentence.terms if any(o.segment == n for o in occurrences(t, best)))
        for n in range(len(best.segments))
    ]
    most = max(shares, default=0.0)
    kept = [s for n, s in enumerate(best.segments) if shares[n] >= 0.75 * most or (n == 0 and s.introduces)]
    return {t.stem for i, t in enumerate(best.tokens) if any(s.first <= i <= s.last for s in kept)}


def _advises(sentence: Sentence) -> bool:
    return bool(_MODAL & set(sentence.words()))
