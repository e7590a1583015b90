"""A sentence that is the cited one but for a word or two: what the changed word did to it."""

from collections import Counter
from dataclasses import dataclass

from cds.grounding.direction import opposites_of
from cds.grounding.population import FAMILIES
from cds.grounding.reading import Reading
from cds.grounding.strength import ABSOLUTE, LEVELS
from cds.recommendation import CheckResult
from cds.wording.edits import Comparison, Edit, compare
from cds.wording.polarity import CUES, PREFIXED
from cds.wording.sentence import Sentence
from cds.wording.text import word_set
from cds.wording.vocabulary import STOP, is_condition

_NEARLY = 0.7  # of the statement's words that must be the cited sentence's, in its order
_FEW = 5  # words a change takes at most
_BESIDE = 2  # words that must be the same on one side of it, and one on the other
_DENYING = CUES | word_set("without don't doesn't didn't shouldn't mustn't isn't aren't wasn't weren't can't won't non")
_LIMITING = frozenset({"unless", "except"})
_IDIOMS = {("without", "delay"), ("not", "only"), ("no", "longer"), ("not", "necessarily")}
_WIDER = word_set("all every everyone any regardless irrespective always universally") | {"whether"}
_SIGNS = {"<": ">≥", ">": "<≤", "≤": ">≥", "≥": "<≤", "<=": ">≥", ">=": "<≤"}
_BOUNDS = (
    (word_set("above over exceeding exceeds exceed"), word_set("below under beneath")),
    (word_set("least minimum"), word_set("most maximum")),
    (word_set("more greater higher longer older later"), word_set("less fewer lower shorter younger earlier")),
    (word_set("within"), word_set("after beyond")),
)


def check_edits(reading: Reading) -> CheckResult:
    """Fail a statement that is a cited sentence with a word changed, put in or left out that turns or widens it."""
    if reading.verbatim:
        return CheckResult("wording", "pass")
    applies = False
    for sentence in reading.claim:
        pairs = [(compare(sentence, other), other) for other in reading.evidence]
        best = max((pair for pair in pairs), key=lambda pair: pair[0].kept, default=None)
        if best is None or best[0].kept < _NEARLY:
            continue
        applies = True
        comparison, other = best
        found = _changed(sentence, other, comparison)
        if found:
            return CheckResult(found[0], "fail", found[1], "contradicted")
    return CheckResult("wording", "pass" if applies else "not_applicable")


@dataclass(frozen=True, slots=True)
class _Change:
    """The words of one edit that are new here and gone there, not only moved to another place."""

    sentence: Sentence
    other: Sentence
    added: tuple[int, ...]
    removed: tuple[int, ...]

    @property
    def words(self) -> list[str]:
        return [self.sentence.tokens[i].text for i in self.added]

    @property
    def gone(self) -> list[str]:
        return [self.other.tokens[i].text for i in self.removed]

    @property
    def stems(self) -> set[str]:
        return {self.sentence.stems[i] for i in self.added}

    @property
    def gone_stems(self) -> set[str]:
        return {self.other.stems[i] for i in self.removed}


def _changed(sentence: Sentence, other: Sentence, comparison: Comparison) -> tuple[str, str] | None:
    denied = _denied(sentence, other, comparison)
    if denied:
        return denied
    new = Counter(sentence.stems[i] for edit in comparison.edits for i in edit.added)
    old = Counter(other.stems[i] for edit in comparison.edits for i in edit.removed)
    for edit in comparison.edits:
        if not _small(edit):
            continue
        change = _Change(
            sentence,
            other,
            tuple(i for i in edit.added if not old[sentence.stems[i]]),
            tuple(i for i in edit.removed if not new[other.stems[i]]),
        )
        found = (
            _bounded(change.words, change.gone)
            or _turned(change)
            or _regrouped(change)
            or _widened(change)
            or _renumbered(change)
            or _another(change)
        )
        if found:
            return found
    return None


def _small(edit: Edit) -> bool:
    """Whether few words changed between words that are the same."""
    few = len(edit.added) <= _FEW and len(edit.removed) <= _FEW
    return few and max(edit.before, edit.after) >= _BESIDE and min(edit.before, edit.after) >= 1


def _denied(sentence: Sentence, other: Sentence, comparison: Comparison) -> tuple[str, str] | None:
    """A "not" put in or left out; what came or went with a phrase of its own, or only moved, is no such change."""
    balance = whole = 0
    changed = ""
    if _LIMITING & set(other.words()) and not _LIMITING & set(sentence.words()):
        return None  # "do not" of what is allowed "unless": the check of denials weighs it
    for edit in comparison.edits:
        one, two = _denials(sentence, edit.added), _denials(other, edit.removed)
        if not edit.added and len(edit.removed) > _FEW:
            continue
        own = _with_its_own(sentence, edit.added, {other.stems[i] for i in edit.removed})
        gone = _with_its_own(other, edit.removed, {sentence.stems[i] for i in edit.added})
        whole += len(one) - len(two)
        if own or gone:
            continue
        balance += len(one) - len(two)
        alone = not edit.added or not edit.removed
        phrase = [w for w in (*_texts(sentence, edit.added), *_texts(other, edit.removed)) if w not in STOP | _DENYING]
        if len(one) % 2 != len(two) % 2 and _small(edit) and not (alone and sum(w.isalpha() for w in phrase) > 1):
            changed = (one or two)[0]
    return (
        ("negation", f"“{changed}” turns what the cited text says") if changed and balance % 2 and whole % 2 else None
    )


def _denials(sentence: Sentence, span: range) -> list[str]:
    taken = {i for q in sentence.quantities for i in range(q.first, q.last + 1)}
    words = sentence.words()
    found = [i for i in span if (words[i] in _DENYING or words[i] in PREFIXED) and i not in taken]
    return [words[i] for i in found if words[i : i + 2] not in _IDIOMS]


def _with_its_own(sentence: Sentence, span: range, others: set[str]) -> int:
    """How many denials come or go with the very thing they deny: "and have no discharge"."""
    words, count = sentence.words(), 0
    for i in span:
        if words[i] not in _DENYING:
            continue
        denied = next((k for k in range(i + 1, len(words)) if words[k].isalpha() and words[k] not in STOP), None)
        if denied is not None and denied in span:
            count += not any(stem.endswith(sentence.stems[denied]) for stem in others)  # uncontrolled: not controlled
    return count


def _texts(sentence: Sentence, span: range) -> list[str]:
    return [sentence.tokens[i].text for i in span]


def _bounded(added: list[str], removed: list[str]) -> tuple[str, str] | None:
    for word in added:
        if set(_SIGNS.get(word, "")) & set(removed):
            return "comparator", f"“{word}” bounds it the other way"
        for one, two in _BOUNDS:
            for mine, theirs in ((one, two), (two, one)):
                if word in mine and theirs & set(removed) and not mine & set(removed):
                    return "comparator", f"the cited text says the opposite of “{word}”"
    return None


def _turned(change: _Change) -> tuple[str, str] | None:
    for i in change.added:
        stem = change.sentence.stems[i]
        if any(opposite & change.gone_stems for opposite in opposites_of(stem)):
            return "direction", f"the cited text says the opposite of “{change.sentence.tokens[i].text}”"
    return None


def _regrouped(change: _Change) -> tuple[str, str] | None:
    mine, theirs = change.stems, change.gone_stems
    for family, groups in FAMILIES.items():
        said = {group for group, named in groups.items() if mine & named}
        there = {group for group, named in groups.items() if theirs & named}
        if said and there and not said & there:
            return "population", f"the cited text speaks of {' and '.join(sorted(there))} here"
        whole = {group for group, named in groups.items() if set(change.other.stems) & named}
        if said and not there and whole and not said <= whole and family != "severity":
            return "population", f"the cited text does not speak of {' and '.join(sorted(said - whole))}"
        if there and not said and family == "severity" and not _content(theirs - groups[min(there)]):
            return "population", f"the cited text speaks of {' and '.join(sorted(there))} only"
    return None


def _content(stems: set[str]) -> bool:
    return any(stem.isalpha() and stem not in STOP for stem in stems)


def _widened(change: _Change) -> tuple[str, str] | None:
    added, removed = change.words, change.gone
    limited = bool((_LIMITING | {"until", "without"}) & set(change.other.words()))
    wide = [w for w in added if w in _WIDER | ABSOLUTE and not (w == "only" and limited)]
    if wide and not set(removed) & (_WIDER | ABSOLUTE | {"each", "both", "routinely", "must"}):
        return "strength", f"“{wide[0]}” is more than the cited text says"
    level = max((LEVELS[w] for w in added if w in LEVELS), default=0)
    least = max((LEVELS[w] for w in removed if w in LEVELS), default=0)
    if level > least > 0:
        return "strength", "the cited text says it less strongly"
    return None


def _renumbered(change: _Change) -> tuple[str, str] | None:
    """Another number in the same place, before the same unit."""
    if len(change.added) != 1 or len(change.removed) != 1:
        return None
    one, two = change.sentence.tokens[change.added[0]], change.other.tokens[change.removed[0]]
    if one.kind == two.kind == "number" and float(one.text) != float(two.text):
        after = change.sentence.tokens[change.added[0] + 1 : change.added[0] + 2]
        said = change.sentence.text[one.start : after[0].end if after else one.end]
        return "number", f"“{said}” stands where the cited text has {two.text}"
    return None


def _another(change: _Change) -> tuple[str, str] | None:
    """Another disease in the place of one."""
    mine = [t for t in change.sentence.terms if {t.first, t.last} & set(change.added) and is_condition(t.groups)]
    theirs = [t for t in change.other.terms if {t.first, t.last} & set(change.removed) and is_condition(t.groups)]
    if mine and theirs and not any(t.matches(o) for t in mine for o in theirs):
        return "content", f"the cited text speaks of {theirs[0].stem}, not of {mine[0].stem}"
    return None
