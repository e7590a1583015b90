"""Which of the found sentences can answer this question for this patient: right people, right kind of illness."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from cds.applicability import applicability_of, outside_ages
from cds.confidence import about_these_people
from cds.grounding.answers_question import check_question
from cds.grounding.population import groups_in
from cds.medicines import mentions
from cds.offer import Offered
from cds.patient import PatientFacts
from cds.safety.warnings import forbidden_text
from cds.wording.sentence import read_sentence, read_sentences

# By edition, the sentences in which it says what it does not cover.
LeftOut = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]

# Kinds of one thing of which advice for one is no advice for another. Lower case; any word of a side names it.
_RIVALS: tuple[tuple[re.Pattern[str], ...], ...] = tuple(
    tuple(re.compile(rf"\b(?:{side})") for side in sides)
    for sides in (
        (
            r"community[- ]acquired|(?:acquired|began|begins) (?:in the community|outside (?:the )?hospital)",
            r"(?:hospital|ventilator|health ?care)[- ](?:acquired|associated)|nosocomial|\bh[av]p\b",
        ),
        (r"type[- ]?(?:2|ii)\b|t2dm?\b", r"type[- ]?(?:1|i)\b|t1dm?\b", r"gestational diabetes"),
        (
            r"lower urinary|cystitis|bladder infection|lower uti|uncomplicated (?:uti|urinary)",
            r"upper urinary|pyelonephritis|kidney infection|upper uti",
        ),
        (r"primary prevention", r"secondary prevention"),
        (r"(?:reduced|low) ejection fraction|hfref", r"preserved ejection fraction|hfpef"),
        (r"ischa?emic stroke", r"ha?emorrhagic stroke|intracerebral ha?emorrhage"),
        (r"open[- ]angle", r"(?:closed[- ]angle|angle[- ]closure)"),
        (r"non[- ]small[- ]cell", r"(?<!non-)(?<!non )small[- ]cell"),
        (r"rheumatoid", r"osteoarthritis", r"psoriatic"),
        (r"deep vein|\bdvt", r"superficial vein|superficial thrombophlebitis"),
    )
)
_FAMILIES = ("severity", "sex", "pregnancy", "menopause", "smoking")
_SCOPE = re.compile(
    r"\b(?:does|do) not (?:cover|apply to|address|deal with)\b|\bis not (?:intended )?for\b|\bexcludes\b|"
    r"^this (?:guideline|document|guidance|protocol|section) (?:is for|applies to|covers|helps)\b",
    re.I,
)
_ABOUT_SCOPE = re.compile(r"\b(?:guidelines?|guidance|cover(?:s|ed)?|apply|applies|document)\b", re.I)
_LIST = re.compile(r",\s*(?:or|and)?\s*|\s+or\s+|\s+and\s+|;")
_AGED = re.compile(
    r"\b(\d{1,3})[- ](?:years?|yrs?|y/?o|y)\b[- ]?(?:old|of age)?|\baged? (\d{1,3})\b|\b(\d{1,3})yo\b", re.I
)
_A_MAN = re.compile(r"\b(?:man|gentleman|male|husband|father|boy|he|his|him)\b", re.I)
_A_WOMAN = re.compile(r"\b(?:woman|lady|female|wife|mother|girl|she|her)\b|\bpregnan", re.I)
# A special group that advice is for only when the question is of it.
_SPECIAL = re.compile(
    r"^\s*(?:in|during) (?:pregnancy|breastfeeding|children|the (?:first|second|third) trimester)\b", re.I
)
_EXPECTING, _SUCKLING = ("pregnan", "trimester", "antenatal", "gestation"), ("breast", "lactat", "nursing")
_CHILD = ("child", "boy", "girl", "baby", "infant", "toddler", "month", "year")
_NOT_PREGNANT = re.compile(r"\b(?:not|non-?)\s*pregnant", re.I)
_DEMOTED = 0.8
# What fits this patient is preferred to what does not, unless it is a far worse answer.
_FAR_WORSE = 0.6
_LOOKED_AT = 14  # of the best sentences; no answer is made of later ones


def fitting(question: str, offered: Sequence[Offered], *, left_out: LeftOut, on: date) -> tuple[Offered, ...]:
    """The sentences that may answer this question, by whom and what they are about; best first."""
    likely = [one for one in offered if about_these_people(question, one) and _of_what_is_asked(question, one)]
    outside = left_out(sorted({one.passage.document.edition for one in likely})) if likely else {}
    implied = _implied(question, on)
    said = question.lower()
    kept = [
        _demoted(one) if _SPECIAL.match(one.sentence.text) and not about_special(said, one) else one
        for one in likely
        if one.kind == "finding"
        or (
            not _is_scope(question, one)
            and not _not_covered(question, one, outside.get(one.passage.document.edition, ()))
            and not _rival(said, one)
            and not _of_others(question, one)
            and not (implied is not None and _too_old_or_young(one, implied, on))
        )
    ]
    return tuple(sorted(kept, key=lambda one: -one.score))


def for_patient(offered: Sequence[Offered], facts: PatientFacts, *, question: str, on: date) -> tuple[Offered, ...]:
    """What fits this patient first; what does not is left out when something nearly as good does fit."""
    asked = {name for mention in mentions(question) for name in (mention.name, *mention.keys)}
    first, rest = offered[:_LOOKED_AT], offered[_LOOKED_AT:]
    fits = {one.id: one.kind == "finding" or _fits(one, facts, asked, on) for one in first}
    good = [one for one in first if fits[one.id]]
    bad = [one for one in first if not fits[one.id]]
    if not good or not bad:
        return tuple(offered)
    if good[0].score < _FAR_WORSE * first[0].score:
        return tuple(offered)
    return (*good, *rest)


def _of_what_is_asked(question: str, one: Offered) -> bool:
    return check_question(one.sentence.text, question, one.passage).outcome != "fail"


def about_special(said: str, one: Offered) -> bool:
    """Whether the question names the special group that the sentence begins with."""
    match = _SPECIAL.match(one.sentence.text)
    assert match is not None
    words = (
        {"pregnan", "trimester", "antenatal", "gestation"}
        if "child" not in match[0].lower()
        else {"child", "boy", "girl"}
    )
    if "breast" in match[0].lower():
        words = {"breast", "lactat", "nursing"}
    return any(word in said for word in words)


def _demoted(one: Offered) -> Offered:
    return Offered(one.passage, one.sentence, one.score * _DEMOTED, one.near)


def _is_scope(question: str, one: Offered) -> bool:
    """What a guideline says of itself answers only who asks about guidelines."""
    return _SCOPE.search(one.sentence.text) is not None and not _ABOUT_SCOPE.search(question)


def _not_covered(question: str, one: Offered, outside: Sequence[str]) -> bool:
    """The edition says that it does not cover what is asked, and this very sentence does not speak of it."""
    for sentence in outside:
        for item in _items(sentence):
            if _names(question, item) and not _names(one.sentence.text, item):
                return True
    return False


def _items(sentence: str) -> list[str]:
    match = _SCOPE.search(sentence)
    if match is None or match[0].lower().startswith("this"):
        return []
    return [item.strip(" .") for item in _LIST.split(sentence[match.end() :]) if item.strip(" .")]


def _names(text: str, item: str) -> bool:
    wanted = [term for term in read_sentence(item).terms if term.specific]
    if not wanted:
        return False
    found = [term for sentence in read_sentences(text) for term in sentence.terms]
    return all(any(term.matches(other) and other.sign >= 0 for other in found) for term in wanted)


def _rival(said: str, one: Offered) -> bool:
    """Of another kind than the one asked about: lower for upper, type 1 for type 2."""
    text = one.sentence.text.lower()
    place = " ".join((one.passage.document.title, *one.passage.section, one.passage.document.population or "")).lower()
    for sides in _RIVALS:
        asked = {n for n, side in enumerate(sides) if side.search(said)}
        if not asked:
            continue
        own = {n for n, side in enumerate(sides) if side.search(text)}
        told = own or {n for n, side in enumerate(sides) if side.search(place)}
        if told and not asked & told:
            return True
    return False


def _of_others(question: str, one: Offered) -> bool:
    """Of a severity, a sex or a state other than the one the question names."""
    asked = groups_in(read_sentences(question), ages=False)
    told = groups_in(read_sentences(one.sentence.text), ages=False)
    for family in _FAMILIES:
        mine, theirs = asked.get(family, set()), told.get(family, set())
        if mine and theirs and not mine & theirs:
            return True
    denied = re.search(r"\b(?:not|non-?)\s*pregnant", one.sentence.text, re.I)
    return bool(
        "pregnant" in asked.get("pregnancy", set()) and denied and not re.search("not pregnant", question, re.I)
    )


def _implied(question: str, on: date) -> PatientFacts | None:
    """The patient a question describes, as far as age and sex: none when it says neither."""
    match = _AGED.search(question)
    age = int(next(group for group in match.groups() if group)) if match else None
    woman, man = bool(_A_WOMAN.search(question)), bool(_A_MAN.search(question))
    if age is None and woman == man:
        return None
    birth = date(on.year - age, 1, 1) if age is not None and age < on.year else None
    return PatientFacts("", None, birth, "unknown" if woman == man else "female" if woman else "male", None)


def _too_old_or_young(one: Offered, implied: PatientFacts, on: date) -> bool:
    inside = outside_ages(one.sentence.text, implied, on)
    if inside is not None:
        return inside
    people = one.passage.population or one.passage.document.population
    return bool(people and outside_ages(people, implied, on))


def _fits(one: Offered, facts: PatientFacts, asked: set[str], on: date) -> bool:
    """Nothing in the chart speaks against it; what is said of a medicine that was asked about is an answer anyway."""
    named = {name for mention in mentions(one.sentence.text) for name in (mention.name, *mention.keys)}
    if named & asked:
        return True
    applies, _, _ = applicability_of((one.sentence.text,), facts, on)
    return applies != "excluded" and not forbidden_text(one.sentence.text, facts, on=on)
