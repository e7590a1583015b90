"""A value stated in the question that meets a prohibition: that leads, and what it forbids is not advised."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cds.language_model.quoting import best_sentences
from cds.medicines import Mention, classes_of, mentions
from cds.offer import Offered
from cds.safety.proposals import advised
from cds.stated import Stated, inside, measured_in
from cds.wording.quantities import Quantity
from cds.wording.sentence import Sentence, read_sentence
from cds.wording.text import word_set
from cds.wording.vocabulary import is_condition

_CUES = word_set(
    """
    not never avoid avoided stop stopped withhold withheld contraindicated unsuitable discontinue discontinued
    """
)
# "Do not stop", "do not delay": whoever forbids these forbids no treatment.
_REVERSED = word_set(
    """
    stop stopped withhold withheld delay delayed rule discontinue discontinued exclude omit refuse deny wait reduce
    measure repeat check test need needed necessary routinely-measure discharge
    """
)
_VERBS = word_set(
    """
    halve reduce increase restart start stop give offer use continue withhold avoid take consider measure check
    switch seek prefer add change refer treat lower
    """
)
_PART_ONLY = word_set("repeated long-term combination combine combined together alone more exceed above-dose routine")
_BOUNDS = frozenset({"more", "less", "above", "below", "over"})  # "not more than 4 g" is a limit
_WHEN = frozenset({"when", "if", "in", "for", "with", "at"})  # "when potassium is above 6.0, stop it"
_REACH = 4  # words after a cue
_SURE = 0.9  # that a sentence which forbids the very medicine at the very value answers whether it may be given
_LEADING = 2
_PROMOTED, _DEMOTED = 1.2, 0.8


@dataclass(frozen=True, slots=True)
class _Ban:
    one: Offered
    medicines: tuple[Mention, ...]
    whole: bool  # the medicine itself is forbidden, and not a dose or a way of giving it
    objects: tuple[str, ...]


def led_by_what_forbids(question: str, offered: Sequence[Offered], values: Sequence[Stated]) -> tuple[Offered, ...]:
    """The sentences with those first that forbid at a stated value, without those that advise what they forbid."""
    if not values or not offered:
        return tuple(offered)
    bans = [ban for one in offered if one.kind == "recommendation" and (ban := _ban(one, values))]
    asked = [mention for s in (read_sentence(question),) for mention in s.medicines]
    about = asked or [m for one in best_sentences(offered) for m in advised(one.sentence.text)]
    relevant = [ban for ban in bans if _covers(ban, about) or (not asked and _names_object(ban, question))]
    if not relevant:
        return tuple(offered)
    leading = relevant[:_LEADING]
    best = max(one.score for one in offered)
    top = max(best, _SURE) if asked else best
    first = [replace(ban.one, score=top, near=max(ban.one.near, _SURE) if asked else ban.one.near) for ban in leading]
    of_bans = {ban.one.id for ban in relevant}
    led = {one.id for one in first}
    kept = [
        _weighed(one, values, relevant)
        for one in offered
        if one.id not in led and (one.id in of_bans or not _contradicted(one, relevant, values, asked))
    ]
    return (*first, *sorted(kept, key=lambda one: -one.score))


def forbids(one: Offered, values: Sequence[Stated]) -> bool:
    """Whether a sentence forbids something at a stated value."""
    return one.kind == "recommendation" and _ban(one, values) is not None


def _ban(one: Offered, values: Sequence[Stated]) -> _Ban | None:
    sentence = read_sentence(" ".join(one.sentence.text.split()))
    words = sentence.words()
    for measure, limit in measured_in(sentence):
        value = next((v for v in values if v.measure == measure), None)
        if value is None or limit.comparator == "=":
            continue
        met = inside(value, limit)
        first, last = _piece(words, limit)
        cue = _cue(words, first, last)
        required = "only" in words[max(first, limit.first - _REACH) : limit.first]
        if not ((met and cue is not None) or (met is False and cue is None and required)):
            continue
        named = tuple(m for m in sentence.medicines if first <= m.first < limit.first) or sentence.medicines
        near = words[cue : cue + _REACH + 3] if cue is not None else ()
        return _Ban(one, named, not set(near) & _PART_ONLY, _objects(sentence, first, last))
    return None


def _piece(words: Sequence[str], limit: Quantity) -> tuple[int, int]:
    """The clause of a limit: from the last semicolon, or verb after an "and" or a comma, to the next."""
    starts = [0]
    for at in range(1, len(words)):
        joined = words[at - 1] in (",", "and", "but", ":") and words[at] in _VERBS and words[at - 1] != ":"
        if words[at - 1] == ";" or (joined and not _denied(words, at)):
            starts.append(at)
    first = max(start for start in starts if start <= limit.first)
    later = [start for start in starts if start > limit.last and words[start - 1 : start] != [";"]]
    ends = [at for at in range(limit.last + 1, len(words)) if words[at] == ";"]
    if later and not (first == 0 and words[0] in _WHEN):
        ends.append(later[0])
    return first, min(ends, default=len(words)) - 1


def _denied(words: Sequence[str], at: int) -> bool:
    """The second verb of "do not start or continue", which the first one's denial covers."""
    return words[at - 1] not in (",", "and", "but")


def _cue(words: Sequence[str], first: int, last: int) -> int | None:
    for at in range(first, last + 1):
        if words[at] not in _CUES:
            continue
        if words[at] in ("not", "never") and set(words[at + 1 : at + 3]) & _REVERSED:
            return None
        if (
            words[at] == "not"
            and words[at + 1 : at + 2]
            and words[at + 1] in ("more", "less", "above", "below", "over")
        ):
            continue
        return at
    return None


def _objects(sentence: Sentence, first: int, last: int) -> tuple[str, ...]:
    """What a clause that names no medicine forbids."""
    return tuple(
        term.stem
        for term in sentence.terms
        if first <= term.first <= last and term.sign < 0 and term.specific and not is_condition(term.groups)
    )


def _covers(ban: _Ban, wanted: Sequence[Mention]) -> bool:
    return any(_covered(mention, ban) for mention in wanted)


def _covered(mention: Mention, ban: _Ban) -> bool:
    """Whether what is forbidden is this medicine, or a class that it belongs to."""
    own = {mention.name, *mention.keys} | classes_of(mention.name)
    return any({m.name, *m.keys} & own if m.is_class else set(m.keys) & set(mention.keys) for m in ban.medicines)


def _names_object(ban: _Ban, question: str) -> bool:
    if ban.medicines:
        return False
    asked = {term.stem for term in read_sentence(question).terms if term.specific}
    return bool(set(ban.objects) & asked)


def _contradicted(one: Offered, bans: Sequence[_Ban], values: Sequence[Stated], asked: Sequence[Mention]) -> bool:
    """It advises what is forbidden at this value, and says nothing of that value itself."""
    if one.kind == "finding" or _limits_met(one, values):
        return False
    given = (
        advised(one.sentence.text) or tuple(mentions(one.sentence.text)) if _is_row(one) else advised(one.sentence.text)
    )
    forbidden = [m for m in given if any(ban.whole and _covered(m, ban) for ban in bans)]
    if asked:
        return bool(forbidden)
    return bool(forbidden) and len(forbidden) == len(given)


def _is_row(one: Offered) -> bool:
    return one.sentence.text.count(": ") > 1 and "; " in one.sentence.text


def _limits_met(one: Offered, values: Sequence[Stated]) -> bool:
    sentence = read_sentence(" ".join(one.sentence.text.split()))
    return any(
        value.measure == measure and limit.comparator != "=" and inside(value, limit)
        for measure, limit in measured_in(sentence)
        for value in values
    )


def _weighed(one: Offered, values: Sequence[Stated], bans: Sequence[_Ban]) -> Offered:
    """What else the library says of this medicine at this value comes before what it says at others."""
    sentence = read_sentence(" ".join(one.sentence.text.split()))
    if one.kind == "finding" or not any(_covered(m, ban) for m in sentence.medicines for ban in bans):
        return one
    if _limits_met(one, values):
        return replace(one, score=one.score * _PROMOTED)
    other = any(v.measure == m and q.comparator != "=" for m, q in measured_in(sentence) for v in values)
    return replace(one, score=one.score * _DEMOTED) if other else one
