"""Which of the found sentences can answer this question for this patient: right people, right kind of illness."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from cds.applicability import applicability_of, names_age, outside_ages
from cds.confidence import about_these_people, of_a_pregnancy
from cds.forbidding import led_by_what_forbids
from cds.grounding.answers_question import check_question
from cds.grounding.population import groups_in
from cds.medicines import classes_of, mentions
from cds.offer import Offered
from cds.patient import PatientFacts
from cds.safety.warnings import forbidden_text
from cds.stated import Stated, stated_in
from cds.wording.sentence import Term, read_sentence, read_sentences
from cds.wording.vocabulary import is_condition

# By edition, the sentences in which it says what it does not cover.
LeftOut = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]

# Kinds of one thing of which advice for one is no advice for another. Lower case; any word of a side names it.
_RIVALS: tuple[tuple[re.Pattern[str], ...], ...] = tuple(
    tuple(re.compile(rf"\b(?:{side})") for side in sides)
    for sides in (
        (
            r"community[- ]acquired|(?:acquired|began|begins) (?:in the community|outside (?:the )?hospital)",
            r"(?:hospital|ventilator|health ?care)[- ](?:acquired|associated)|nosocomial|\bh[av]p\b|"
            r"day \w+ (?:in|of) (?:\w+ ){0,2}hospital|\w+ days? (?:in|into|after) (?:\w+ ){0,2}(?:hospital|admission)|"
            r"in hospital for \w+ days",
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
_LIST = re.compile(r",\s*(?:or|and)?\s*|\s+(?:or|and)\s+(?!more|over|older|above|less|under|younger|below)|;")
_AGED = re.compile(
    r"\b(\d{1,3})[- ]?(?:years?|yrs?|y)[- ](?:old|of age)\b|\baged? (\d{1,3})\b(?! (?:years )?(?:or|and|to|–|-) )|"
    r"\b(\d{1,3}) ?y/?o\b|\b(?:man|woman|lady|girl|boy|patient|person) of (\d{1,3})\b",
    re.I,
)
# "patients over 80", "adults aged 65 and over", "women under 50": anybody of them, five years inside the limit.
_BOUNDED = re.compile(
    r"\b(?:patients?|people|adults?|wom[ae]n|m[ae]n|those|someone|anybody|anyone|persons?|child(?:ren)?)(?: is| are)? "
    r"(?:aged )?(?:(over|above|older than|under|below|younger than) (\d{1,2})|"
    r"(\d{1,2})(?: years)?(?: and| or) (over|older|above))"
    r"\b(?! ?(?:mm|mg|kg|%|ml|g/))",
    re.I,
)
_INSIDE = 5  # years
_MONTHS = re.compile(r"\b(\d{1,2})[- ](weeks?|months?|days?)[- ]old\b", re.I)
_A_MAN = re.compile(r"\b(?:man|gentleman|male|husband|father|boy|he|his|him)\b", re.I)
_A_WOMAN = re.compile(r"\b(?:woman|lady|female|wife|mother|girl|she|her)\b|\bpregnan", re.I)
# A special group that advice is for only when the question is of it.
_SPECIAL = re.compile(
    r"^\s*(?:in|during) (?:pregnancy|breastfeeding|children|the (?:first|second|third) trimester)\b", re.I
)
# "It does not cover …" is said of all of a guideline; "the advice on … does not apply" of some of it.
_WHOLE = re.compile(r"^(?:it|this (?:guideline|guidance|document|protocol))\b", re.I)
# Whom to send where is said of those a guideline does not cover, too.
_ELSEWHERE = re.compile(r"\b(?:refer|referral|specialist|admit|admission|ambulance|seek|arrange)\b", re.I)
# Words between the things of a list that say nothing of what they are.
_GLUE = frozenset({"caus", "begin", "began", "alreadi", "need", "peopl", "person", "patient", "adult", "anoth", "new"})
_HAD = frozenset({"after", "had", "has", "with", "history", "previous", "past", "following", "since", "post"})
_HAD_BEFORE = 3  # words: "after a heart attack"; "how many avoid a heart attack" had none
_TELLING = 6  # letters
_EXPECTING, _SUCKLING = ("pregnan", "trimester", "antenatal", "gestation"), ("breast", "lactat", "nursing")
_CHILD = ("child", "boy", "girl", "baby", "infant", "toddler", "month", "year")
_NOT_PREGNANT = re.compile(r"\b(?:not|non-?)\s*pregnant", re.I)
_NOT_ALLERGIC = re.compile(r"\b(?:not|no|without|isn't|nil)\b[\w ]{0,24}\ballerg", re.I)
_ALLERGIC = re.compile(r"\b(?:allergic to|with (?:a |an )?(?:\w+ )?allergy|and (?:a |an )?(?:\w+ )?allergy)", re.I)
_TREATED = re.compile(r"\b(?:treat(?:ed|ment)?|manage(?:d|ment)?|therapy)\b", re.I)
_BROUGHT_BEFORE = 7  # words: "during severe dehydration, sepsis or acute kidney injury"
_BROUGHT = frozenset(
    {"cause", "during", "causes", "caused", "causing", "risk", "exclude", "lead", "leads", "prevent", "prevents"}
)
_DEMOTED, _LESS, _PROMOTED = 0.8, 0.9, 1.2
# What is asked for: a medicine, or an amount of something.
_INSTEAD = re.compile(r"\b(?:instead|alternative|other|another|else|substitute|replace|next|after|add|top)\b", re.I)
_WHICH_MEDICINE = re.compile(
    r"\b(?:which|what) (?:[\w-]+ ){0,2}(?:medicines?|drugs?|antibiotics?|inhalers?|tablets?|antidepressants?|"
    r"analgesics?|anticoagulants?|painkillers?|statins?|insulins?|antihypertensives?|vaccines?)\b"
)
_HOW_MUCH = re.compile(r"\bhow (?:much|many|long|often|soon)\b|\b(?:dose|dosage|target|threshold)\b")
_AMOUNT = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|ten|twelve|once|twice|half|double|every|until|lifelong|daily|weekly)\b"
)
# What fits this patient is preferred to what does not, unless it is a far worse answer.
_FAR_WORSE = 0.6
_LOOKED_AT = 14  # of the best sentences; no answer is made of later ones


def fitting(question: str, offered: Sequence[Offered], *, left_out: LeftOut, on: date) -> tuple[Offered, ...]:
    """The sentences that may answer this question, by whom and what they are about; best first."""
    likely = [one for one in offered if about_these_people(question, one) and _of_what_is_asked(question, one)]
    of_the_library = sorted({one.passage.document.edition for one in likely if one.kind == "recommendation"})
    outside = left_out(of_the_library) if of_the_library else {}
    implied = _implied(question, on)
    said = question.lower()
    barred = [
        item
        for sentences in outside.values()
        for sentence in sentences
        for item in _items(sentence)
        if not _of_people(item) and _names(question, item, implied, on)
    ]
    kept = [
        replace(one, score=one.score * _weight(said, one))
        for one in likely
        if one.kind == "finding"
        or (
            not _is_scope(question, one)
            and not _not_covered(question, one, outside.get(one.passage.document.edition, ()), implied, on)
            and not any(not _together(one, item) for item in barred)
            and not _another_illness(question, one)
            and not _only_an_effect(question, one)
            and not _not_of_the_pregnancy(question, one)
            and not _another_medicine(question, one)
            and not _rival(said, one)
            and not _of_others(question, one)
            and not (implied is not None and _too_old_or_young(one, implied, on))
        )
    ]
    ranked = tuple(sorted(kept, key=lambda one: -one.score))
    return led_by_what_forbids(question, ranked, values_in(question, on=on))


def values_in(question: str, *, on: date) -> tuple[Stated, ...]:
    """The values a question states of one patient, the age among them."""
    implied = _implied(question, on) if not _BOUNDED.search(question) else None
    return stated_in(question, age=implied.age(on) if implied is not None else None)


def asks_which_medicine(question: str) -> bool:
    """Whether a medicine is asked for, and not something about one."""
    return _WHICH_MEDICINE.search(question.lower()) is not None


def for_patient(offered: Sequence[Offered], facts: PatientFacts, *, question: str, on: date) -> tuple[Offered, ...]:
    """What is for this patient, what the chart speaks of first; what does not fit is left out where something does."""
    named = {name for mention in mentions(question) for name in (mention.name, *mention.keys)}
    meant = [one for one in offered if one.kind == "finding" or not _too_old_or_young(one, facts, on)]
    first, rest = meant[:_LOOKED_AT], meant[_LOOKED_AT:]
    judged = [(one, *_judged(one, facts, named, on)) for one in first]
    good = sorted((replace(one, score=one.score * weight) for one, fits, weight in judged if fits), key=_best)
    bad = [replace(one, score=one.score * weight) for one, fits, weight in judged if not fits]
    if not bad or (good and good[0].score >= _FAR_WORSE * first[0].score):
        return (*good, *rest)
    return (*sorted((*good, *bad), key=_best), *rest)


def _best(one: Offered) -> float:
    return -one.score


def _judged(one: Offered, facts: PatientFacts, named: set[str], on: date) -> tuple[bool, float]:
    """Whether nothing in the chart speaks against it, and how much more or less it answers for what the chart says."""
    if one.kind == "finding":
        return True, 1.0
    applies, because, _ = applicability_of((one.sentence.text,), facts, on)
    against = forbidden_text(one.sentence.text, facts, on=on)
    own = {name for mention in mentions(one.sentence.text) for name in (mention.name, *mention.keys)}
    if applies == "excluded" or against:
        # Of a medicine that was asked about by name, what speaks against it is an answer too.
        return bool(named & own), _DEMOTED
    of_this_chart = applies == "applies" and any(line.fact not in ("birth_date", "sex") for line in because)
    return True, _PROMOTED if of_this_chart else 1.0


def _of_what_is_asked(question: str, one: Offered) -> bool:
    return check_question(one.sentence.text, question, one.passage).outcome != "fail"


def _weight(said: str, one: Offered) -> float:
    """How far a sentence gains or loses by the special group it begins with, and by the kind of thing asked for."""
    weight = 1.0
    if match := _SPECIAL.match(one.sentence.text):
        group = match[0].lower()
        named = _CHILD if "child" in group else _SUCKLING if "breast" in group else _EXPECTING
        weight *= _PROMOTED if any(word in said for word in named) else _DEMOTED
    if of_a_pregnancy(said) and not of_a_pregnancy(_place(one)):
        weight *= _DEMOTED
    if _NOT_ALLERGIC.search(said) and _ALLERGIC.search(one.sentence.text):
        weight *= _DEMOTED * _DEMOTED  # it shares the very word, and says the contrary
    if _WHICH_MEDICINE.search(said):
        terms = [m for m in read_sentence(" ".join(one.sentence.text.split())).terms if m.medicine]
        own = {mention.name for mention in mentions(said)}
        offered = [m for m in terms if m.medicine and m.medicine.name not in own]
        weight *= _DEMOTED * _DEMOTED if not offered else 1.0 if any(m.sign >= 0 for m in offered) else _LESS
    if _HOW_MUCH.search(said) and not _AMOUNT.search(one.sentence.text):
        weight *= _DEMOTED
    return weight


def _place(one: Offered) -> str:
    return " ".join((one.passage.document.title, *one.passage.section, one.sentence.text)).lower()


def _is_scope(question: str, one: Offered) -> bool:
    """What a guideline says of itself answers only who asks about guidelines."""
    return _SCOPE.search(one.sentence.text) is not None and not _ABOUT_SCOPE.search(question)


def _not_covered(question: str, one: Offered, outside: Sequence[str], implied: PatientFacts | None, on: date) -> bool:
    """The edition says that it does not cover what is asked; where that is of some of its advice, a sentence may."""
    for sentence in outside:
        whole = _WHOLE.match(sentence) is not None
        for item in _items(sentence):
            if _names(question, item, implied, on) and not _speaks_of(one, item, implied, on, whole=whole):
                return True
    people = [one.passage.document.population or "", *(sentence for sentence in outside if not _items(sentence))]
    return any(_never(question, text) for text in people)


def _speaks_of(one: Offered, item: str, implied: PatientFacts | None, on: date, *, whole: bool) -> bool:
    """The very sentence is of what its guideline leaves out, and may be: it says where to send people."""
    return _names(one.sentence.text, item, implied, on) and (
        not whole or _ELSEWHERE.search(one.sentence.text) is not None
    )


def _items(sentence: str) -> list[str]:
    match = _SCOPE.search(sentence)
    if match is None or " not " not in f" {match[0].lower()} ":
        return []
    return [item.strip(" .") for item in _LIST.split(sentence[match.end() :]) if item.strip(" .")]


def _names(text: str, item: str, implied: PatientFacts | None, on: date) -> bool:
    """Whether a text is of what an item of a list names; an age in it has to fit too."""
    read = read_sentence(item)
    if read.quantities:  # an age is compared; what else a number means here, words cannot tell
        aged = implied is not None and implied.birth_date is not None and "year" in item
        return aged and implied is not None and outside_ages(item, implied, on) is False
    wanted = [term for term in read.terms if not set(term.parts) & _GLUE]
    found = [term for sentence in read_sentences(text) for term in sentence.terms if term.sign >= 0]
    return any(term.specific for term in wanted) and all(any(_same(term, other) for other in found) for term in wanted)


def _same(wanted: Term, other: Term) -> bool:
    """The same thing, or a kind of it that its name says: haemodialysis is dialysis."""
    return wanted.matches(other) or (len(wanted.stem) >= _TELLING and other.stem.endswith(wanted.stem))


def _never(question: str, people: str) -> bool:
    """The document is for people who never had what the question says that somebody had."""
    denied = [term for s in read_sentences(people) for term in s.terms if term.specific and term.sign < 0]
    for sentence in read_sentences(question):
        for term in sentence.terms:
            before = {token.text for token in sentence.tokens[max(0, term.first - _HAD_BEFORE) : term.first]}
            if before & _HAD and any(is_condition(other.groups) and other.matches(term) for other in denied):
                return True
    return False


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


def _another_illness(question: str, one: Offered) -> bool:
    """None of the illnesses the question names is named around the sentence, and another is."""
    asked = _conditions(question)
    if not asked:
        return False
    place = " . ".join((one.passage.document.title, *one.passage.section, one.passage.text))
    told = _conditions(place)
    return bool(told) and not any(a.matches(b) or _part_of(a, b) or _part_of(b, a) for a in asked for b in told)


def _of_people(item: str) -> bool:
    """An item that says who is left out, and not of what illness or treatment."""
    read = read_sentence(item)
    return bool({"age", "sex"} & groups_in((read,)).keys()) or of_a_pregnancy(item.lower())


def _together(one: Offered, item: str) -> bool:
    """What one edition leaves out another may speak of: then it says so in so many words, side by side."""
    wanted = [term for term in read_sentence(item).terms if not set(term.parts) & _GLUE]
    place = (one.passage.document.title, *one.passage.section, one.sentence.text)
    for sentence in (s for text in place for s in read_sentences(text)):
        found = [[term for term in sentence.terms if _same(want, term)] for want in wanted]
        if all(found):
            spots = [term.first for terms in found for term in terms]
            if max(spots) - min(spots) <= len(wanted):
                return True
    return False


def _only_an_effect(question: str, one: Offered) -> bool:
    """The treatment of an illness is asked for, and the sentence says what brings that illness about."""
    if not _TREATED.search(question):
        return False
    asked = _conditions(question)
    if any(
        a.matches(b) for a in asked for b in _conditions(" . ".join((one.passage.document.title, *one.passage.section)))
    ):
        return False
    told = [(s, t) for s in read_sentences(one.sentence.text) for t in s.terms if any(a.matches(t) for a in asked)]
    if not told:
        return False
    sentence, term = told[0]  # where it is first named; a later "kidney function" is of the same illness
    before = {token.text for token in sentence.tokens[max(0, term.first - _BROUGHT_BEFORE) : term.first]}
    return bool(before & _BROUGHT)


def _not_of_the_pregnancy(question: str, one: Offered) -> bool:
    """A medicine is asked about by name for a pregnancy, and what is said of it is not said of a pregnancy."""
    if not of_a_pregnancy(question.lower()) or _NOT_PREGNANT.search(question):
        return False
    asked = {key for mention in mentions(question) if not mention.is_class for key in mention.keys}
    own = {key for mention in mentions(one.sentence.text) for key in mention.keys}
    title = one.passage.document.title
    people = " ".join((one.passage.population or "").split()[:2])  # "Pregnant women", not "Adults, with sections on …"
    about = [*one.passage.section, one.sentence.text, people]
    if "," not in title:  # a title that lists subjects says nothing of this one
        about.append(title)
    return bool(asked & own) and not of_a_pregnancy(" ".join(about).lower())


def _part_of(one: Term, other: Term) -> bool:
    """Pneumonia is part of community-acquired pneumonia."""
    return set(one.parts) <= set(other.parts)


def _another_medicine(question: str, one: Offered) -> bool:
    """Of medicines only that have nothing in common with the one the question names."""
    asked = [mention for mention in mentions(question) if not mention.is_class]
    told = mentions(_place(one))
    if not asked or not told or _INSTEAD.search(question):
        return False
    wanted = {name for mention in asked for name in (mention.name, *mention.keys)}
    classes = {wider for mention in asked for wider in classes_of(mention.name)}
    return not any({m.name, *m.keys} & wanted or m.name in classes or classes_of(m.name) & wanted for m in told)


def _conditions(text: str) -> list[Term]:
    return [term for s in read_sentences(text) for term in s.terms if is_condition(term.groups)]


def _of_others(question: str, one: Offered) -> bool:
    """Of a severity, a sex or a state other than the one the question names."""
    asked = groups_in(read_sentences(question), ages=False)
    told = groups_in(read_sentences(one.sentence.text), ages=False)
    for family in _FAMILIES:
        if family == "pregnancy" and of_a_pregnancy(one.sentence.text.lower()):
            continue
        mine, theirs = asked.get(family, set()), told.get(family, set())
        if mine and theirs and not mine & theirs:
            return True
    denied = _NOT_PREGNANT.search(one.sentence.text) and not _NOT_PREGNANT.search(question)
    return bool(denied and "pregnant" in asked.get("pregnancy", set()))


def _implied(question: str, on: date) -> PatientFacts | None:
    """The patient a question describes, as far as age and sex: none when it says neither."""
    match = _AGED.search(question)
    age = int(next(group for group in match.groups() if group)) if match else None
    if match is None and (young := _MONTHS.search(question)):
        age = int(young[1]) // 12 if young[2].startswith("month") else 0
    if match is None and (bound := _BOUNDED.search(question)):
        limit = int(bound[2] or bound[3])
        younger = (bound[1] or "").lower() in ("under", "below", "younger than")
        age = max(0, limit - _INSIDE) if younger else limit + _INSIDE
    woman, man = bool(_A_WOMAN.search(question)), bool(_A_MAN.search(question))
    if age is None and woman == man:
        return None
    birth = date(on.year - age, 1, 1) if age is not None and age < on.year else None
    return PatientFacts("", None, birth, "unknown" if woman == man else "female" if woman else "male", None)


def _too_old_or_young(one: Offered, implied: PatientFacts, on: date) -> bool:
    outside = outside_ages(one.sentence.text, implied, on)
    if outside is not None and (outside or names_age(one.sentence.text)):
        return outside
    people = one.passage.population or one.passage.document.population
    return bool(people and outside_ages(people, implied, on))
