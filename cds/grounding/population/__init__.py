"""Whom it is said of: the statement is not of other people, nor of more people, than the cited text."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

from cds.grounding.population.groups import FAMILIES, UNBORN, groups_in, is_age, listed
from cds.grounding.population.limits import dropped
from cds.grounding.population.severity import graded
from cds.grounding.reading import Reading
from cds.recommendation import CheckResult
from cds.wording.sentence import Sentence

__all__ = ["FAMILIES", "check_population", "groups_in"]

# A group that may be named though the cited text does not: most guidance is of adults.
_UNSAID = frozenset({"adult", "man", "woman", "acute", "chronic", "moderate", "smoker"})
_EVERYONE = (
    "all ages", "any age", "regardless of", "irrespective of", "everyone", "everybody", "all patients", "all people", "all adults", "every patient",
    "all women", "all men", "all children", "anyone", "any patient", "adults and children", "children and adults", "whatever the", "whole population",
    "general population", "all individuals", "every person", "all persons", "with or without", "whether or not", "all stages", "any stage", "all severities",
    "of any severity", "any severity", "any cause", "all causes", "every adult", "every child", "every woman", "all cases", "every case", "all pregnant",
)  # fmt: skip
_EITHER_WAY = ("with or without", "whether or not", "regardless of", "irrespective of")
_AGELESS = frozenset({"regardless", "irrespective", "any", "ages", "whatever", "whether"})
_WIDE = _AGELESS | frozenset({"all", "every", "everyone", "anyone", "each", "general", "universal", "both"})


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
            or graded(sentence, aligned)
            or _everyone(sentence, aligned)
            or dropped(sentence, aligned, reading)
        )
        if found:
            detail, verdict = found
            return CheckResult(
                "population", "fail", detail, "contradicted" if verdict == "contradicted" else "not_addressed"
            )
    return CheckResult("population", "pass")


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
                    return f"the cited text speaks of {listed(near[family])} only, not of {group}", "contradicted"
                if group in ("adult",) and "older" in near[family]:
                    continue
                return f"the cited text speaks of {listed(near[family])}, not of {group}", "contradicted"
            unborn = group == "child" and bool(UNBORN & set(sentence.stems))
            if unborn and any(UNBORN & set(other.stems) for other in aligned):
                continue  # the baby of a pregnancy is named in both
            if group == "adult" and not unborn and any(UNBORN & set(other.stems) for other in aligned[:1]):
                return "the cited text speaks of the child, not of adult", "contradicted"
            if family == "severity" and not near.get(family):
                continue  # what holds whatever the severity holds of each
            if group not in _UNSAID:
                return f"the cited text does not speak of {group}", "not_addressed"
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
            aged = wide is _AGELESS and any(is_age(o, q.first, q.last) for o in aligned[:1] for q in o.quantities)
            if aged or not any(wide & set(other.words()) for other in aligned):
                return f"“{phrase}” is wider than the cited text", "contradicted"
    return None
