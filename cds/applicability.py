"""Whether a recommendation is meant for this patient, with the line of the chart that decides."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from cds.grounding.population import FAMILIES
from cds.patient import PatientFacts
from cds.recommendation import Applies, Because, Statement
from cds.safety import chart
from cds.safety.allergens import is_allergen
from cds.wording.quantities import Quantity
from cds.wording.sentence import Sentence, Term, read_sentence, read_sentences
from cds.wording.vocabulary import is_condition

_POPULATION = frozenset({"with", "in", "for", "who", "have", "has", "having", "during", "if", "when", "to", "without"})
_AS_TREATMENT = frozenset(
    {
        "risk",
        "prevent",
        "prevention",
        "reduce",
        "reduces",
        "cause",
        "causes",
        "avoid",
        "suspected",
        "suspect",
        "history",
        "exclude",
        "diagnose",
        "confirm",
        "prophylaxis",
        "develops",
        "develop",
    }
)
_REACH = 7  # words a population phrase is long: "adults with hypertension and type 2 diabetes"
_STOPS = frozenset(
    {"offer", "give", "use", "should", "must", "consider", "do", "avoid", "start", "stop", ";", ":", "because", "so"}
)
_MEASURES = {"egfr": ("egfr", "filtration"), "potassium": ("potassium",), "qtc": ("qtc", "qt")}
_ALLERGY = ("allerg", "anaphyla", "hypersens")
_SEVERAL = re.compile(r"\bin [^,.;]+, (?:or |and )?in ", re.I)
_FERTILE = (10, 55)  # years: outside them nobody is asked about a pregnancy
_YEARS = 12.0  # months
_YOUNG, _GROWN, _OLD = 18, 18, 65


@dataclass(frozen=True, slots=True)
class _Finding:
    """One limit of a recommendation: met or not, or not known and then what is missing."""

    met: bool | None
    because: Because | None = None
    missing: str = ""


def applicability(
    statement: Statement, facts: PatientFacts, on: date
) -> tuple[Applies, tuple[Because, ...], tuple[str, ...]]:
    """Whether it applies, the lines of the chart that decide, and what would have to be known."""
    texts = dict.fromkeys((statement.text, *(citation.quote for citation in statement.citations)))
    return applicability_of(tuple(texts), facts, on)


def applicability_of(
    texts: Sequence[str], facts: PatientFacts, on: date
) -> tuple[Applies, tuple[Because, ...], tuple[str, ...]]:
    """The same of any texts."""
    findings = [f for text in texts for s in read_sentences(text) for limit in _LIMITS for f in limit(s, facts, on)]
    lines = dict.fromkeys(f.because for f in findings if f.because and f.met is not None)
    open_ = [f for f in findings if f.met is None]
    missing = tuple(dict.fromkeys(f.missing for f in open_ if f.missing))
    against = tuple(dict.fromkeys(f.because for f in findings if f.met is False and f.because))
    if against:
        return "excluded", against, ()
    if open_ or not findings:  # a text that says nothing of whom it is for leaves it open
        return "unknown", tuple(lines), missing
    return "applies", tuple(lines), ()


def outside_ages(text: str, facts: PatientFacts, on: date) -> bool | None:
    """Whether a text is for people of another age or sex than this; None when it says nothing of either."""
    if _SEVERAL.search(text):
        return None  # "in pregnancy, in men, in people aged 65 and over": one of them is enough
    told: list[bool] = []
    for sentence in read_sentences(text):
        for limit in (_age, _sex):
            known = [f.met for f in limit(sentence, facts, on) if f.met is not None]
            several = limit is _age and any(q.comparator == "range" for q in sentence.quantities)
            told += [any(known) if several else all(known)] if known else []
    return not all(told) if told else None


def names_age(text: str) -> bool:
    """Whether a text says for which ages it is."""
    return any(_is_age(quantity, s) for s in read_sentences(text) for quantity in s.quantities)


def _age(sentence: Sentence, facts: PatientFacts, on: date) -> Iterator[_Finding]:
    """Children, adults, aged 65 and over, under 12 years."""
    age = facts.age(on)
    line = Because("birth_date", f"age {age}")
    bounds = [q for q in sentence.quantities if _is_age(q, sentence)]
    for quantity in bounds:
        yield _Finding(None, missing="date of birth") if age is None else _Finding(_within(age, quantity), line)
    words = {token.stem for token in sentence.tokens}
    groups = {group for group, stems in FAMILIES["age"].items() if words & stems}
    if bounds:
        if groups == {"child"} and age is not None and age >= _GROWN and "pregnan" not in words:
            yield _Finding(False, line)  # "children over 2 years" are children
        return
    if not groups or "pregnan" in words:
        return
    if age is None:
        yield _Finding(None, missing="date of birth")
        return
    fits = {"child": age < _YOUNG, "adult": age >= _GROWN, "older": age >= _OLD}
    yield _Finding(any(fits[group] for group in groups), line)


def _is_age(quantity: Quantity, sentence: Sentence) -> bool:
    if quantity.comparator == "=" or quantity.dimension not in ("months", ""):
        return False
    around = {t.text for t in sentence.tokens[max(0, quantity.first - 3) : quantity.last + 3]}
    people = {t.stem for t in sentence.tokens} & {
        "adult",
        "peopl",
        "person",
        "child",
        "woman",
        "man",
        "patient",
        "boy",
        "girl",
    }
    named = around & {"aged", "age", "old", "older", "younger"}
    return bool(named) or (
        quantity.dimension == "months"
        and bool(people & {t.stem for t in sentence.tokens[max(0, quantity.first - 4) : quantity.first]})
    )


def _within(age: int, quantity: Quantity) -> bool:
    scale = _YEARS if quantity.dimension == "months" else 1.0
    low, high = quantity.low / scale, quantity.high / scale
    return {
        "<": age < low,
        "<=": age <= high,
        ">": age > low,
        ">=": age >= low,
        "range": low <= age <= high,
        "=": True,
    }[quantity.comparator]


def _sex(sentence: Sentence, facts: PatientFacts, on: date) -> Iterator[_Finding]:
    words = {token.stem for token in sentence.tokens}
    woman, man = bool(words & {"woman", "femal"}), bool(words & {"man", "male"})
    if woman == man:
        return
    if facts.sex not in ("female", "male"):
        yield _Finding(None, missing="sex")
    else:
        yield _Finding((facts.sex == "female") == woman, Because("sex", facts.sex))


def _pregnancy(sentence: Sentence, facts: PatientFacts, on: date) -> Iterator[_Finding]:
    for name, group in (("pregnant", "pregnant"), ("breastfeeding", "breastfeeding")):
        terms = [t for t in sentence.terms if set(t.parts) & FAMILIES["pregnancy"][group]]
        if not terms or {"planning", "contraception"} & set(sentence.words()):
            continue
        found = chart.state(facts, name, on=on)
        wanted = not all(t.local for t in terms)  # "women who are not pregnant"
        if found is not None:
            yield _Finding(wanted, found)
        elif facts.sex == "male":
            yield _Finding(not wanted, Because("sex", "male"))
        elif chart.measured(facts, "pregnancy") is not None and name == "pregnant":
            status = chart.measured(facts, "pregnancy")
            assert status is not None
            yield _Finding(not wanted, Because(status.id, chart.line(status)))
        else:
            age = facts.age(on)
            possible = age is None or _FERTILE[0] <= age <= _FERTILE[1]
            yield _Finding(None if possible else not wanted, missing=name if name != "pregnant" else "pregnancy")


def _conditions(sentence: Sentence, facts: PatientFacts, on: date) -> Iterator[_Finding]:
    """Adults with X, in X, without X; a list of problems that lacks X does not say that the patient is free of it."""
    for term in sentence.terms:
        elsewhere = "pregnan" in term.parts or sentence.tokens[term.first].text.startswith(_ALLERGY)
        if elsewhere or not is_condition(term.groups) or not _names_population(term, sentence):
            continue
        found = _on_chart(term, facts)
        if found is not None:
            yield _Finding(not term.local, found)
        elif facts.conditions_known == "none":
            yield _Finding(term.local, Because("conditions", "no problems recorded"))
        elif not term.local:
            # A list that was made and lacks it is no gap to ask about, though it does not prove the contrary.
            name = term.stem if not term.parts else _as_said(term, sentence)
            yield _Finding(None, missing="" if facts.conditions_known == "listed" else name)


def _names_population(term: Term, sentence: Sentence) -> bool:
    before = [token.text for token in sentence.tokens[max(0, term.first - _REACH) : term.first]]
    for word in reversed(before):
        if word in _STOPS or word in _AS_TREATMENT:
            return False
        if word in _POPULATION:
            return not set(before[-3:]) & _AS_TREATMENT
    return False


def _on_chart(term: Term, facts: PatientFacts) -> Because | None:
    for condition in facts.conditions:
        if not condition.active:
            continue
        texts = (condition.text, *(code.display or "" for code in condition.codes))
        if any(
            term.matches(other) or set(term.parts) <= {t.stem for t in s.tokens}
            for text in texts
            if text
            for s in (read_sentence(text),)
            for other in s.terms
        ):
            return Because(condition.id, condition.text)
    return None


def _as_said(term: Term, sentence: Sentence) -> str:
    return sentence.text[sentence.tokens[term.first].start : sentence.tokens[term.last].end]


def _measures(sentence: Sentence, facts: PatientFacts, on: date) -> Iterator[_Finding]:
    """With an eGFR below 30: the newest result decides."""
    for quantity in sentence.quantities:
        if quantity.comparator in ("=", "range"):
            continue
        before = {t.text for t in sentence.tokens[max(0, quantity.first - 5) : quantity.first + 1]}
        for what, names in _MEASURES.items():
            if not before & set(names):
                continue
            found = chart.measured(facts, what)
            if found is None or found.value is None:
                yield _Finding(None, missing=what if what != "egfr" else "eGFR")
            else:
                met = chart.compare(facts, what, quantity.comparator, quantity.raw[0], on=on) is not None
                yield _Finding(met, Because(found.id, chart.line(found)))


def _allergies(sentence: Sentence, facts: PatientFacts, on: date) -> Iterator[_Finding]:
    """For people allergic to penicillin; not for them."""
    for mention in sentence.medicines:
        if not is_allergen(mention, sentence):
            continue
        wanted = sentence.segments[sentence.segment_of(mention.first)].turned.isdisjoint({mention.first})
        found = None
        for allergy in facts.allergies:
            names, classes = chart.allergens(allergy)
            if allergy.active and (mention.name in names or mention.name in classes or mention.keys & names):
                found = Because(allergy.id, f"allergy: {allergy.text}")
        if found is not None:
            yield _Finding(wanted, found)
        elif facts.allergies_known == "none":
            yield _Finding(not wanted, Because("allergies", "no known allergies"))
        elif facts.allergies_known == "unknown":
            yield _Finding(None, missing="allergies")
        else:
            yield _Finding(not wanted, Because("allergies", f"no allergy to {mention.name} among those recorded"))


_LIMITS: tuple[Callable[[Sentence, PatientFacts, date], Iterator[_Finding]], ...] = (
    _age,
    _sex,
    _pregnancy,
    _conditions,
    _measures,
    _allergies,
)
