"""Whom it is said of: the statement is not of other people, nor of more people, than the cited text."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

from collections.abc import Iterable
from itertools import pairwise

from cds.grounding.reading import Reading, occurrences, parts_of
from cds.recommendation import CheckResult
from cds.wording.sentence import Sentence
from cds.wording.text import stem, word_set


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


# Families of groups that exclude one another; the words that name each.
FAMILIES: dict[str, dict[str, frozenset[str]]] = {
    "age": {
        "child": _stems("child children paediatric pediatric infant infants baby babies neonate neonatal newborn adolescent adolescents teenager boy girl toddler childhood schoolchildren"),
        "adult": _stems("adult adults"),
        "older": _stems("elderly geriatric seniors octogenarian frail"),
    },
    "sex": {"woman": _stems("woman women female girl"), "man": _stems("man men male boy")},
    "pregnancy": {
        "pregnant": _stems("pregnant pregnancy trimester gestation gestational antenatal prenatal expectant"),
        "breastfeeding": _stems("breastfeeding breastfeed lactation lactating"),
        "postpartum": _stems("postpartum postnatal puerperal"),
    },
    "severity": {
        "mild": _stems("mild mildly"),
        "moderate": _stems("moderate moderately"),
        "severe": _stems("severe severely threatening"),
    },
    "course": {"acute": _stems("acute acutely"), "chronic": _stems("chronic chronically long-term longstanding")},
    "smoking": {"smoker": _stems("smoker smokers"), "nonsmoker": _stems("nonsmoker non-smoker nonsmokers")},
    "menopause": {"premenopausal": _stems("premenopausal"), "postmenopausal": _stems("postmenopausal menopausal menopause")},
}  # fmt: skip
# A group that may be named though the cited text does not: most guidance is of adults.
_UNSAID = frozenset({"adult", "man", "woman", "acute", "chronic", "moderate", "smoker"})
# A group that, when the cited text limits itself to it, must not be dropped from a recommendation.
_KEPT = frozenset({"child", "older", "pregnant", "breastfeeding", "postpartum", "severe", "mild"})
_EVERYONE = (
    "all ages", "any age", "regardless of", "irrespective of", "everyone", "everybody", "all patients", "all people", "all adults", "every patient",
    "all women", "all men", "all children", "anyone", "any patient", "adults and children", "children and adults", "whatever the", "whole population",
    "general population", "all individuals", "every person", "all persons", "with or without", "whether or not", "all stages", "any stage", "all severities",
    "of any severity", "any severity", "any cause", "all causes", "every adult", "every child", "every woman", "all cases", "every case", "all pregnant",
)  # fmt: skip
_EITHER_WAY = ("with or without", "whether or not", "regardless of", "irrespective of")
_AGELESS = frozenset({"regardless", "irrespective", "any", "ages", "whatever", "whether"})
_WIDE = _AGELESS | frozenset({"all", "every", "everyone", "anyone", "each", "general", "universal", "both"})
_OLDER = word_set("people adults patients persons women men age individuals")
_UNBORN = _stems("baby babies infant infants newborn neonate neonatal")
_PEOPLE = _stems(
    "people patients adults women men children those person patient individuals anyone someone adult woman man child persons"
)
_CONDITION = frozenset({"if", "when", "unless", "only", "provided", "whenever"})
_MOST_KEPT = 0.6  # of what the cited text says under a condition: only then is the condition what was left out
_PHRASE = 6  # words that the first of several phrases takes
_RESTING = 0.75  # of the share of the best part
_MODAL = word_set(
    """
    should must may can offer give use start stop consider avoid recommend recommended do refer offered given used treated check measure
    continue prescribe contraindicated indicated advised need needs treat add reduce switch monitor take
    """
)


def check_population(reading: Reading) -> CheckResult:
    """Fail a statement about people the cited text does not speak of, or about more of them."""
    if reading.verbatim:
        return CheckResult("population", "pass")
    for sentence in reading.claim:
        aligned = reading.aligned(sentence)
        if not aligned:
            continue
        found = (
            _foreign(sentence, aligned, reading)
            or _graded(sentence, aligned)
            or _everyone(sentence, aligned)
            or _dropped(sentence, aligned, reading)
        )
        if found:
            detail, verdict = found
            return CheckResult(
                "population", "fail", detail, "contradicted" if verdict == "contradicted" else "not_addressed"
            )
    return CheckResult("population", "pass")


def groups_in(sentences: Iterable[Sentence], *, ages: bool = True) -> dict[str, set[str]]:
    """The groups of people some sentences name, by family; an age in numbers names one too."""
    found: dict[str, set[str]] = {}
    for sentence in sentences:
        stems = _group_stems(sentence)
        for family, members in FAMILIES.items():
            for group, named in members.items():
                if stems & named:
                    found.setdefault(family, set()).add(group)
        if "pregnancy" in found and not stems & (FAMILIES["age"]["child"] - _UNBORN):
            found.get("age", set()).discard("child")  # the baby of a pregnancy
        if "pregnancy" in found:
            found.setdefault("sex", set()).add("woman")
        words = sentence.words()
        if any(w == "younger" and set(words[i + 1 : i + 2]) & _OLDER for i, w in enumerate(words)):
            found.setdefault("age", set()).add("younger")
        if any(w == "older" and set(words[i + 1 : i + 2]) & _OLDER for i, w in enumerate(words)):
            found.setdefault("age", set()).add("older")
        if not ages:
            continue
        for quantity in sentence.quantities:
            if quantity.dimension in ("months", "") and _is_age(sentence, quantity.first, quantity.last):
                scale = 12 if quantity.dimension else 1
                low, high = quantity.low / scale, quantity.high / scale
                found.setdefault("age", set()).update(_aged(low, high, quantity.comparator))
    return found


def _group_stems(sentence: Sentence) -> set[str]:
    stems: set[str] = set()
    words = [token.text for token in sentence.tokens if token.text != "-"]
    for i, token in enumerate(token for token in sentence.tokens if token.text != "-"):
        before = words[i - 1] if i else ""
        if token.text == "severity":
            stems.add({"high": "sever", "low": "mild", "moderate": "moder"}.get(before, ""))
        elif token.text in ("expect", "expects", "expected", "expecting", "expectancy"):
            continue  # only the expectant are pregnant
        elif not (token.text == "child" and words[i + 1 : i + 2] == ["pugh"]):
            stems.add(token.stem)
    return stems - {""}


def _is_age(sentence: Sentence, first: int, last: int) -> bool:
    around = {t.text for t in sentence.tokens[max(0, first - 3) : last + 3]}
    return bool(around & {"aged", "age", "old", "older", "younger", "over", "under", "above", "below"}) and bool(
        {t.stem for t in sentence.tokens} & (_PEOPLE | {"age"})
    )


def _aged(low: float, high: float, comparator: str) -> set[str]:
    if comparator in ("<", "<="):
        return {"child"} if high <= 18 else {"adult"}
    if comparator in (">", ">=", "="):
        return {"older", "adult"} if low >= 60 else {"adult"} if low >= 16 else {"child"}
    return (
        ({"child"} if low < 16 else set()) | ({"adult"} if high > 18 else set()) | ({"older"} if high >= 65 else set())
    )


def _foreign(sentence: Sentence, aligned: tuple[Sentence, ...], reading: Reading) -> tuple[str, str] | None:
    mine = groups_in([sentence], ages=False)  # its numbers have a check of their own
    near = groups_in((*aligned, *reading.lead))
    around = groups_in((*reading.evidence, *reading.context, *reading.lead))
    for family, groups in mine.items():
        for group in sorted(groups - near.get(family, set())):
            if group in around.get(family, set()) and not near.get(family):
                continue
            if near.get(family):
                if group == "adult" and near[family] == {"older"}:
                    return f"the cited text speaks of {_list(near[family])} only, not of {group}", "contradicted"
                if group in ("adult",) and "older" in near[family]:
                    continue
                return f"the cited text speaks of {_list(near[family])}, not of {group}", "contradicted"
            unborn = group == "child" and bool(_UNBORN & set(sentence.stems))
            if unborn and any(_UNBORN & set(other.stems) for other in aligned):
                continue  # the baby of a pregnancy is named in both
            if group == "adult" and not unborn and any(_UNBORN & set(other.stems) for other in aligned[:1]):
                return "the cited text speaks of the child, not of adult", "contradicted"
            if family == "severity" and not near.get(family):
                continue  # what holds whatever the severity holds of each
            if group not in _UNSAID:
                return f"the cited text does not speak of {group}", "not_addressed"
    return None


def _graded(sentence: Sentence, aligned: tuple[Sentence, ...]) -> tuple[str, str] | None:
    """Severe eczema where the cited text speaks of mild eczema only, whatever else it calls severe."""
    for group, named in FAMILIES["severity"].items():
        noun = _noun_after(sentence, named)
        if not noun:
            continue
        theirs = {g for other in aligned for g, words in FAMILIES["severity"].items() if noun in _nouns(other, words)}
        if theirs and group not in theirs:
            return f"the cited text speaks of {_list(theirs)} {noun}, not of {group}", "contradicted"
    return None


def _everyone(sentence: Sentence, aligned: tuple[Sentence, ...]) -> tuple[str, str] | None:
    said = " ".join(sentence.words())
    for phrase in _EVERYONE:
        if f" {phrase} " in f" {said} " and not any(f" {phrase} " in " ".join(other.words()) for other in aligned):
            if " or " in phrase:
                if any(wide in " ".join(other.words()) for wide in _EITHER_WAY for other in aligned):
                    continue
                return f"“{phrase}” is wider than the cited text", "contradicted"
            wide = (
                _AGELESS if {"regardless", "irrespective", "age", "ages", "whatever"} & set(phrase.split()) else _WIDE
            )
            aged = wide is _AGELESS and any(_is_age(o, q.first, q.last) for o in aligned[:1] for q in o.quantities)
            if aged or not any(wide & set(other.words()) for other in aligned):
                return f"“{phrase}” is wider than the cited text", "contradicted"
    return None


def _dropped(sentence: Sentence, aligned: tuple[Sentence, ...], reading: Reading) -> tuple[str, str] | None:
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
            noun = _noun_after(best, FAMILIES[family][group])
            graded = len(_nouns(best, FAMILIES[family][group]))
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
    """Whether a group stands in one of several phrases, "in A and in B", and the statement speaks of another of them."""
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


def _noun_after(sentence: Sentence, words: frozenset[str]) -> str:
    """The thing a severity is first said of: asthma in "severe asthma", "severe acute asthma"."""
    return next(iter(_nouns(sentence, words)), "")


def _nouns(sentence: Sentence, words: frozenset[str]) -> list[str]:
    graded = frozenset().union(*FAMILIES["severity"].values()) | {"life", "threaten"}
    found = []
    for i, token in enumerate(sentence.tokens):
        if token.stem in words:
            near = (t for t in sentence.terms if i < t.first <= i + 6 and t.specific and not graded & set(t.parts))
            found += [t.parts[-1] for t in near][:1]
    return found


def _list(groups: set[str]) -> str:
    return " and ".join(sorted(groups))
