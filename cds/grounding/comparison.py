"""In "A is better than B" and "A causes B" the two sides have not changed places, and the same is not called different."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

import re

from cds.grounding.direction import OPPOSITES
from cds.grounding.reading import Reading
from cds.recommendation import CheckResult
from cds.wording.sentence import Sentence, Term

_VERBS = (
    "cause", "lead", "induc", "increas", "reduc", "decreas", "inhibit", "activ", "prevent", "promot", "improv", "worsen", "trigger", "produc",
    "preced", "replac", "outperform", "exceed", "suppress", "stimul", "bind", "regul", "prolong", "lower", "rais", "block", "enhanc", "predict",
)  # fmt: skip
_NOUN_ENDINGS = ("tion", "ment", "er", "or", "ers", "ors", "tions")
_DOWN = frozenset({"less", "fewer", "lower", "worse", "inferior", "smaller", "shorter"})
_ALIKE = re.compile(
    r"\b(?:no|not|nor|without|n't)\b[^.;]{0,40}\b(?:differ\w*)|\bsimilar|\bcomparable\b|\bequivalent\b|\bas (?:\w+ )?as\b|\bnon-?inferior|\bnot inferior|\bthe same\b|\bidentical"
    r"|\bdiffer\w*\b[^.;]{0,80}\bnot (?:statistically )?significant"
)
_UNLIKE = re.compile(
    r"\b(?:better|worse|higher|lower|more|less|fewer|greater|longer|shorter|superior|inferior|larger|smaller)\b(?: \w+){0,6} (?:than|to)\b"
    r"|\b(?:found|find|finds|were|was|is|are|had|showed|show|observed|revealed|seen|did) (?:\w+ ){0,4}differ(?:ent|ence|ences)?\b"
    r"|\b(?:significantly different|differed significantly|significant differences? )"
    r"|\bsignificantly (?:\w+ )?(?:better|worse|higher|lower|more|less|fewer|greater|longer|shorter|reduced|increased|improved)\b"
)
_REFERENCE = (
    ("compared", "with"),
    ("compared", "to"),
    ("relative", "to"),
    ("versus",),
    ("vs",),
    ("in", "comparison", "with"),
)


def check_comparison(reading: Reading) -> CheckResult:
    """Fail a statement whose two sides stand the other way round in what it cites."""
    if reading.verbatim:
        return CheckResult("comparison", "pass")
    applies = False
    for sentence in reading.claim:
        aligned = reading.aligned(sentence)
        differ = bool(aligned) and _alike(sentence) != _alike(aligned[0])
        if differ and (_unlike(sentence) or _unlike(aligned[0])) and not _said_alike(sentence, reading.evidence):
            return _fail("one says that they differ, the other that they do not")
        if _changed_nothing(sentence, reading.evidence):
            return _fail("the cited text found no difference in this")
        for mine in _sides(sentence):
            for other in aligned[:2]:
                for theirs in _sides(other):
                    if theirs[0] != mine[0]:
                        continue
                    applies = True
                    if _crossed(mine, theirs):
                        return _fail("the two sides have changed places")
    return CheckResult("comparison", "pass" if applies else "not_applicable")


def _said_alike(sentence: Sentence, evidence: tuple[Sentence, ...]) -> bool:
    """Whether another cited sentence says of what is compared here what this one says: that it differs, or not."""
    for other in evidence:
        both = any(t.core and t.specific and any(o.core for o in other.like(t)) for t in sentence.terms)
        if both and _alike(other) == _alike(sentence):
            return True
    return False


def _changed_nothing(sentence: Sentence, evidence: tuple[Sentence, ...]) -> bool:
    """Reduced mortality, where all that is said of mortality is that it did not differ."""
    stems = sentence.stems
    at = next((i for i, s in enumerate(stems) if any(s in side for pair in OPPOSITES[:2] for side in pair)), None)
    if at is None or _alike(sentence) or any(segment.sign < 0 for segment in sentence.segments):
        return False
    of = [t for t in sentence.terms if t.first > at and t.specific][:1]
    said = [other for other in evidence if of and other.like(of[0])]
    return bool(said) and all(_alike(other) for other in said)


def _fail(detail: str) -> CheckResult:
    return CheckResult("comparison", "fail", detail, "contradicted")


def _alike(sentence: Sentence) -> bool:
    return bool(_ALIKE.search(_unmeasured(sentence)))


def _unmeasured(sentence: Sentence) -> str:
    """The text without its quantities: "more than a day" compares with nothing."""
    text = sentence.text.lower()
    for q in reversed(sentence.quantities):
        if q.comparator not in ("=", "range"):
            text = text[: sentence.tokens[q.first].start] + text[sentence.tokens[q.last].end :]
    return text


def _unlike(sentence: Sentence) -> bool:
    text = _unmeasured(sentence)
    return bool(_UNLIKE.search(text)) and not _ALIKE.search(text)


_Sides = tuple[str, list[Term], list[Term]]


def _sides(sentence: Sentence) -> list[_Sides]:
    """What is compared, and with what; what does something, and to what; each with the word between."""
    words = sentence.words()
    taken = {i for q in sentence.quantities for i in range(q.first, q.last + 1)}
    found: list[_Sides] = []
    for i, word in enumerate(words):
        if word == "than" and i not in taken and not (i and words[i - 1] in ("rather", "other")):
            down = any(w in _DOWN for w in words[max(0, i - 4) : i])
            before, after = _around(sentence, i, i)
            found.append(("than", after, before) if down else ("than", before, after))
        reference = next((r for r in _REFERENCE if words[i : i + len(r)] == r), None)
        if reference and i not in taken:
            found.append(_against(sentence, i, i + len(reference) - 1))
    verb = _acting(sentence, taken)
    return [*found, *([verb] if verb else [])]


def _against(sentence: Sentence, first: int, last: int) -> _Sides:
    """ "Compared with B, A ..." and "A ... compared with B"."""
    words = sentence.words()
    end = next((k for k in range(last + 1, len(words)) if words[k] in (",", "(", ";", ".")), len(words))
    reference = [t for t in sentence.terms if last < t.first < end and t.specific]
    rest = [t for t in sentence.terms if not first <= t.first < end and t.specific]
    return "compared", rest, reference


def _acting(sentence: Sentence, taken: set[int]) -> _Sides | None:
    words = sentence.words()
    for i, token in enumerate(sentence.tokens):
        if i in taken or i == 0 or token.text.endswith(_NOUN_ENDINGS):
            continue
        verb = next((v for v in _VERBS if token.stem.startswith(v)), None)
        if verb is None:
            continue
        before, after = _around(sentence, i, i)
        if not before or not after:
            continue
        return (verb, after, before) if "by" in words[i + 1 : i + 3] else (verb, before, after)
    return None


def _around(sentence: Sentence, first: int, last: int) -> tuple[list[Term], list[Term]]:
    before = [t for t in sentence.terms if t.last < first and t.specific]
    return before, [t for t in sentence.terms if t.first > last and t.specific]


def _crossed(mine: _Sides, theirs: _Sides) -> bool:
    """Something of the first side stands on the second there, and something of the second on the first."""
    over = any(_only(t, theirs[2], theirs[1]) and _only(t, mine[1], mine[2]) for t in mine[1])
    back = any(_only(t, theirs[1], theirs[2]) and _only(t, mine[2], mine[1]) for t in mine[2])
    return over and back


def _only(term: Term, here: list[Term], there: list[Term]) -> bool:
    return any(_same(term, o) for o in here) and not any(_same(term, o) for o in there)


def _same(one: Term, other: Term) -> bool:
    return one.local == other.local and one.matches(other)
