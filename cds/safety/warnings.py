"""Each medicine proposed, and each already taken, held against every rule and this patient's chart."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from cds.medicines import Mention, classes_of
from cds.patient import Medication, PatientFacts
from cds.recommendation import Because, Statement
from cds.recommendation import Warning as PatientWarning
from cds.safety import chart
from cds.safety.proposals import advised, asked
from cds.safety.rules import Condition, Rule, rules

# Where an allergy nobody asked about matters most.
_OF_A_STATE = frozenset({"renal", "hepatic", "pregnancy", "lactation", "age", "qt"})
_ASK_FIRST = frozenset({"antibiotic", "nsaid", "salicylate", "opioid", "local-anaesthetic", "antiepileptic"})


@dataclass(frozen=True, slots=True)
class _Proposed:
    """A medicine that somebody may be about to give, or that is already given."""

    name: str
    names: frozenset[str]  # itself and its ingredients
    classes: frozenset[str]
    fact: Medication | None = None  # the line of the chart, when it is already taken

    def is_one_of(self, wanted: Iterable[str]) -> bool:
        return any(one in self.names or one in self.classes for one in wanted)


@dataclass(frozen=True, slots=True)
class _Found:
    rule: Rule
    proposed: _Proposed
    because: tuple[Because, ...]


def warnings_for(facts: PatientFacts, proposed: Sequence[Statement | str], *, on: date) -> tuple[PatientWarning, ...]:
    """What to be warned of before giving what is proposed, and of what is taken already; the gravest first."""
    named = _proposed(proposed)
    taken = _taken(facts, on)
    found = [f for one in named for rule in rules() if (f := _apply(rule, one, taken, facts, on))]
    for one in taken:
        if any(one.names & other.names for other in named):
            continue
        others = [t for t in taken if not any(t.names & proposal.names for proposal in named)]  # those are asked about
        found += [f for rule in rules() if _of_the_chart(rule) and (f := _apply(rule, one, others, facts, on))]
    warnings = [_warning(f) for f in _gravest(found)]
    warnings += _unasked(facts, named)
    return tuple(sorted(warnings, key=lambda w: w.severity != "stop"))


def forbidden(statement: Statement, facts: PatientFacts, *, on: date) -> tuple[Because, ...]:
    """The lines of the chart for which what this statement advises must not be given."""
    return _forbidden(_proposed([statement]), facts, on)


def forbidden_text(text: str, facts: PatientFacts, *, on: date) -> tuple[Because, ...]:
    """The same of a sentence that may be quoted."""
    return _forbidden(tuple(_each(advised(text))), facts, on)


def _forbidden(named: Sequence[_Proposed], facts: PatientFacts, on: date) -> tuple[Because, ...]:
    taken = _taken(facts, on)
    found = [f for one in named for rule in rules() if (f := _apply(rule, one, taken, facts, on))]
    return tuple(dict.fromkeys(line for f in found if f.rule.severity == "stop" for line in f.because))


def _of_the_chart(rule: Rule) -> bool:
    """Of what is taken already: what should be stopped, what is taken twice, and what age or illness speak against."""
    return rule.severity == "stop" or rule.kind in ("duplication", "age", "condition")


def _apply(rule: Rule, one: _Proposed, taken: Sequence[_Proposed], facts: PatientFacts, on: date) -> _Found | None:
    if (not rule.medicines or one.is_one_of(rule.medicines)) and not one.is_one_of(rule.excluded):
        for either in rule.against:
            lines = [_line(condition, one, taken, facts, on) for condition in either]
            if all(lines):
                return _Found(rule, one, tuple(b for b in lines if b is not None))
    for either in rule.against:  # an interaction is the same whichever of the two came first
        for condition in either:
            if condition.what == "medicine" and one.is_one_of([condition.name]):
                other = next(
                    (
                        t
                        for t in taken
                        if t.is_one_of(rule.medicines) and not t.names & one.names and not t.is_one_of(rule.excluded)
                    ),
                    None,
                )
                if other is not None and other.fact is not None:
                    return _Found(rule, one, (Because(other.fact.id, other.fact.text),))
    return None


def _line(
    condition: Condition, one: _Proposed, taken: Sequence[_Proposed], facts: PatientFacts, on: date
) -> Because | None:
    """The line of the chart by which a condition of a rule is met."""
    if condition.comparator:
        return chart.compare(facts, condition.what, condition.comparator, condition.value, on=on)
    if condition.what == "condition":
        return chart.has_condition(facts, condition.name)
    if condition.what == "allergy":
        return _allergy(condition.name, one, facts)
    if condition.what in ("medicine", "duplicate"):
        return _other(condition, one, taken)
    return chart.state(facts, condition.what, on=on)


def _allergy(name: str, one: _Proposed, facts: PatientFacts) -> Because | None:
    for allergy in facts.allergies:
        if not allergy.active:
            continue
        names, classes = chart.allergens(allergy)
        if (name == "same" and names & one.names) or name in names or name in classes:
            reactions = f" ({', '.join(allergy.reactions)})" if allergy.reactions else ""
            return Because(allergy.id, f"allergy: {allergy.text}{reactions}")
    return None


def _other(condition: Condition, one: _Proposed, taken: Sequence[_Proposed]) -> Because | None:
    for other in taken:
        if other.fact is None or (one.fact is not None and other.fact.id == one.fact.id):
            continue
        if condition.name == "ingredient":
            shared = one.names & other.names
            same = one.name == other.name
            if shared and not same:  # the same medicine twice in the list is a renewed prescription
                return Because(other.fact.id, other.fact.text)
            continue
        if not one.names & other.names and other.is_one_of([condition.name]):
            return Because(other.fact.id, other.fact.text)
    return None


def _proposed(items: Sequence[Statement | str]) -> tuple[_Proposed, ...]:
    """The medicines that are asked about or advised; one that is advised against is no proposal."""
    found: dict[str, _Proposed] = {}
    for item in items:
        for one in _each(advised(item.text) if isinstance(item, Statement) else asked(item)):
            found.setdefault(one.name, one)
    return tuple(found.values())


def _each(mentions: Iterable[Mention]) -> Iterator[_Proposed]:
    for mention in mentions:
        names = frozenset() if mention.is_class else frozenset({mention.name, *mention.keys})
        yield _Proposed(mention.name, names, classes_of(mention.name))


def _taken(facts: PatientFacts, on: date) -> tuple[_Proposed, ...]:
    found = []
    for entry in chart.taken(facts, on=on):
        texts = (entry.text, *(code.display or "" for code in entry.codes))
        names, classes = chart.names_and_classes(texts)
        if names or classes:
            found.append(_Proposed(_shortest(names) or entry.text, names, classes, entry))
    return tuple(found)


def _shortest(names: frozenset[str]) -> str:
    return (
        " with ".join(sorted(names, key=lambda n: (len(n), n))[:2]) if 1 < len(names) <= 2 else min(names, default="")
    )


def _gravest(found: Sequence[_Found]) -> list[_Found]:
    """Of several rules of one kind for one medicine and one line of the chart, the gravest, and the first of equals."""
    kept: dict[tuple[str, str, tuple[str, ...]], _Found] = {}
    for one in found:
        lines = tuple(sorted(b.fact for b in one.because))
        itself = one.proposed.fact.id if one.proposed.fact else one.proposed.name
        # Of one state of the patient (kidney, QT, age) the gravest is said; of two medicines, each pair.
        pair = (itself,) if one.rule.kind in _OF_A_STATE else tuple(sorted((itself, *lines)))
        key = (one.rule.kind, "", pair)
        if key not in kept or (one.rule.severity == "stop" and kept[key].rule.severity == "caution"):
            kept[key] = one
    return list(kept.values())


def _warning(found: _Found) -> PatientWarning:
    rule, fact = found.rule, found.proposed.fact
    name = fact.text if fact is not None else found.proposed.name
    now = "Already taking " if fact is not None else ""
    text = f"{now}{name[:1].upper() + name[1:] if not now else name}: {rule.text} ({rule.reference}; rule {rule.id})"
    own = (Because(fact.id, fact.text),) if fact is not None else ()
    return PatientWarning(rule.kind, text, (*own, *found.because), rule.severity)


def _unasked(facts: PatientFacts, named: Sequence[_Proposed]) -> list[PatientWarning]:
    if facts.allergies_known != "unknown" or any(a.active for a in facts.allergies):
        return []
    asked = [one.name for one in named if one.classes & _ASK_FIRST]
    if not asked:
        return []
    text = f"Whether this patient has allergies is not recorded: ask before giving {', '.join(sorted(asked))}."
    return [PatientWarning("allergy", text, (), "caution")]
