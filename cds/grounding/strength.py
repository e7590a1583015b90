"""May is not must: a statement is no stronger and no more certain than what it cites."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

from cds.grounding.reading import Reading, occurrences
from cds.recommendation import CheckResult
from cds.wording.sentence import Sentence
from cds.wording.text import word_set

_MUST = word_set(
    """
    must mustn't mandatory always required compulsory essential imperative obligatory vital crucial invariably
    mandated
    """
)
_NEEDED = frozenset(
    {"required", "essential", "mandatory", "vital", "crucial", "compulsory", "obligatory", "needed", "need", "needs"}
)
_SHOULD = word_set(
    """
    should shouldn't recommend recommended recommends offer advise advised indicated ought advisable first-line
    preferred needs need
    """
)
_MAY = word_set(
    """
    may might could can consider considered considering suggest suggested suggests optional option reasonable
    possible possibly potentially perhaps sometimes conditional occasionally
    """
)
_HEDGES = word_set(
    """
    may might could possible possibly potentially perhaps consider considered sometimes occasionally uncertain
    unclear
    """
)
_STILL_HEDGED = _MAY | word_set(
    """
    potential likely risk chance some suggests indicates appear appears appeared seem seems seemed probably unlikely
    unclear uncertain associated linked limited tend tends known caution cautiously occasionally rarely option
    options allowed permitted permits alternative possibility reported sometimes role candidate
    """
)
_IMPERATIVE = word_set(
    """
    give use offer start stop refer continue monitor check review measure switch add reduce increase prescribe take
    treat seek advise ask arrange assess discuss repeat recommend discontinue withhold avoid do never test screen
    admit vaccinate aim limit restrict titrate keep choose begin
    """
)
_PROHIBITING = frozenset({"not", "never", "avoid", "avoided", "contraindicated", "no", "mustn't", "shouldn't"})
ABSOLUTE = word_set(
    """
    always all every everyone everybody never completely entirely definitely certainly undoubtedly invariably
    guaranteed guarantees guarantee proves proven cures cure cured eliminates eliminate universally only solely
    exclusively regardless irrespective any fully
    """
)
_ABSOLUTE_TOO = ABSOLUTE | word_set(
    """
    each routine routinely exclusive whole universal must no none any not contraindicated 100 whatever sole reserved reserve
    restrict restricted unless complete total whenever
    """
)
# How strongly a word tells what to do; words that say the same are of one level.
LEVELS = {**dict.fromkeys(_MAY, 1), **dict.fromkeys(_SHOULD - {"needs", "need"}, 2), **dict.fromkeys(_MUST, 3)}
# From few to all, and from rarely to always.
_SCALE = {"few": 1, "rarely": 1, "seldom": 1, "some": 2, "sometimes": 2, "occasionally": 2, "several": 2, "many": 3, "often": 3, "frequently": 3, "most": 4, "majority": 4, "usually": 4, "generally": 4, "all": 5, "every": 5, "always": 5}  # fmt: skip


def check_strength(reading: Reading) -> CheckResult:
    """Fail a statement that makes a suggestion an order, or a possibility a certainty."""
    if reading.verbatim:
        return CheckResult("strength", "pass")
    for sentence in reading.claim:
        detail = _stronger(sentence, reading.aligned(sentence))
        if detail:
            return CheckResult("strength", "fail", detail, "contradicted")
    return CheckResult("strength", "pass")


def _stronger(sentence: Sentence, aligned: tuple[Sentence, ...]) -> str:
    if not aligned:
        return ""
    words = _free(sentence)
    near = {word for other in aligned for word in _free(other)}
    said = words & ABSOLUTE
    if said and not near & _ABSOLUTE_TOO:
        return f"“{sorted(said)[0]}” is more than the cited text says"
    for word in ("only", "solely", "exclusively"):
        if word in words and not near & {
            "only",
            "solely",
            "exclusively",
            "exclusive",
            "unless",
            "sole",
            "reserved",
            "reserve",
            "restrict",
            "restricted",
            "until",
            "except",
            "alone",
            "just",
        }:
            return f"“{word}” is more than the cited text says"
    for word in ("all", "every", "everyone", "everybody", "always", "any", "regardless", "irrespective"):
        if word in words and not near & {
            "all",
            "every",
            "each",
            "any",
            "everyone",
            "always",
            "universal",
            "universally",
            "regardless",
            "irrespective",
            "whole",
            "both",
            "routine",
            "routinely",
            "total",
            "entire",
            "no",
            "must",
            "whatever",
            "never",
            "whether",
            "invariably",
            "100",
        }:
            return f"“{word}” is more than the cited text says"
    mine = max((_SCALE[w] for w in words if w in _SCALE), default=0)
    theirs = max((_SCALE[w] for w in near if w in _SCALE), default=0)
    if mine >= 3 and theirs and mine > theirs:
        return "the cited text says it of fewer"
    return _modal(sentence, words, aligned)


def _modal(sentence: Sentence, words: frozenset[str], aligned: tuple[Sentence, ...]) -> str:
    whole = range(len(sentence.tokens))
    detail = _modal_of(sentence, words, aligned, whole)
    if len(sentence.segments) == 1:
        return detail
    parts = []
    for segment in sentence.segments:
        span = range(segment.first, segment.last + 1)
        part = frozenset(w for i, w in enumerate(sentence.words()) if i in span) & words
        parts.append(_modal_of(sentence, part, aligned, span))
        if part & _MUST and not part & _PROHIBITING and parts[-1]:
            return parts[-1]  # "should not ... and must ...": what is forbidden does not allow the order
    return detail if any(parts) else ""  # a clause may rest on another sentence than the whole


def _modal_of(sentence: Sentence, words: frozenset[str], aligned: tuple[Sentence, ...], span: range) -> str:
    level = _level(words, sentence, first=span.start)
    best = max(max(_segment_support(sentence, other, span), default=0.0) for other in aligned)
    levels = set()
    hedged = True
    for other in aligned:
        for number, score in enumerate(_segment_support(sentence, other, span)):
            if score < 0.75 * best:
                continue
            segment = other.segments[number]
            aside = _aside(other)
            inside = range(segment.first, segment.last + 1)
            part = frozenset(w for i, w in enumerate(other.words()) if i in inside and i not in aside)
            levels.add(_level(part, other, first=segment.first))
            hedged = hedged and bool(part & _HEDGES)
    if not levels:
        return ""
    strongest = max(levels)
    prohibits = bool(words & _PROHIBITING) and any(_PROHIBITING & set(other.words()) for other in aligned)
    if level == 3 and strongest < 3 and not (prohibits and strongest == 2):  # "should not" and "must not" forbid alike
        return "the cited text does not say that this must be so"
    if level == 2 and strongest == 1 and any((_MAY - {"can"}) & _free(other) for other in aligned):
        return "the cited text says only that it may be considered"
    if level == 0 and hedged and not words & _STILL_HEDGED:
        return "the cited text says only that it may be so"
    return ""


def _level(words: frozenset[str], sentence: Sentence, *, first: int = 0) -> int:
    """3 must, 2 should, 1 may, 0 neither."""
    if words & _NEEDED and words & {"not", "no", "never"} and not words & (_MUST - _NEEDED):
        return 0  # "is not required" orders nothing
    if words & _MUST or ({"have", "to"} <= words and "has to" in sentence.text.lower()):
        return 3
    if words & {"never", "contraindicated"}:
        return 3
    if words & _MAY and not (words & {"can"} and words & _SHOULD and not words & (_MAY - {"can"})):
        return 1
    opening = sentence.tokens[first].text if first < len(sentence.tokens) else ""
    second = sentence.tokens[first + 1].text if first + 1 < len(sentence.tokens) else ""
    if (
        words & _SHOULD
        or opening in _IMPERATIVE
        or (opening in (",", ";", ":", "and", "or", "then", "but") and second in _IMPERATIVE)
    ):
        return 2
    return 0


def _aside(sentence: Sentence) -> set[int]:
    """The tokens in brackets, and the "possible" of "as soon as possible"."""
    inside, found = False, set()
    for i, token in enumerate(sentence.tokens):
        inside = (inside or token.text in "([") and token.text not in ")]"
        if inside or (token.text == "possible" and i and sentence.tokens[i - 1].text == "as"):
            found.add(i)
    return found


def _free(sentence: Sentence) -> frozenset[str]:
    """The words outside quantities: the "at most" of "at most 4 g" is a bound."""
    taken = {i for q in sentence.quantities for i in range(q.first, q.last + 1)}
    return frozenset(token.text for i, token in enumerate(sentence.tokens) if i not in taken)


def _segment_support(sentence: Sentence, other: Sentence, span: range) -> list[float]:
    scores = [0.0] * len(other.segments)
    for term in sentence.terms:
        if term.first not in span:
            continue
        for number in {o.segment for o in occurrences(term, other)}:
            scores[number] += term.weight
    for number, segment in enumerate(other.segments[1:], 1):
        if segment.inherits and scores[number]:
            scores[number] += scores[number - 1]  # "... and must not be given": of what stands before
    return scores
