"""Every line of the table protects somebody, and leaves in peace whoever comes close without meeting it."""

import pytest

from cds.medicines import all_medicines, classes_of, medicine
from cds.safety import Rule, rules, warnings_for
from tests.cds.safety.charts import ON, met, missed, patient

RULES = rules()


def proposed(rule: Rule) -> str:
    """A medicine the rule is about."""
    for wanted in rule.medicines or ("atenolol",):
        for one in all_medicines():
            fits = one.name == wanted or wanted in classes_of(one.name)
            excluded = any(e == one.name or e in classes_of(one.name) for e in rule.excluded)
            if fits and not excluded:
                return one.name
    raise AssertionError(f"{rule.id} is about no medicine of the lexicon")


def other_for(rule: Rule, name: str, *, mine: str) -> str:
    """A medicine that the rule asks to find on the chart."""
    if name == "same":
        return mine
    if name == "ingredient":
        return "Codeine with paracetamol 30 mg/500 mg tablet"
    if medicine(name) is not None:
        return name
    for one in all_medicines():
        if name in classes_of(one.name) and len(one.ingredients) == 1 and one.name != mine:
            return one.name
    raise AssertionError(f"{rule.id}: no medicine is a {name}")


def fired(rule: Rule, *, meets: bool) -> bool:
    mine = proposed(rule)
    facts = patient(age=62 if rule.kind not in ("age",) else 40)
    change = met if meets else missed
    last = rule.against[0][-1]
    for asked in rule.against[0]:
        name = other_for(rule, asked.name, mine=mine) if asked.what in ("medicine", "duplicate", "allergy") else ""
        facts = (met if asked is not last else change)(facts, asked, other=name)
    found = warnings_for(facts, [f"Offer {mine}."], on=ON)
    # A graver rule of the same kind may speak in its stead; the kind is what must be warned of.
    alike = {r.id for r in RULES if r.kind == rule.kind}
    return any(
        w.kind == rule.kind
        and any(f"rule {identifier})" in w.text for identifier in alike)
        and (f"rule {rule.id})" in w.text or (meets and w.severity == "stop"))
        for w in found
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_each_rule_warns_the_patient_it_is_for(rule: Rule) -> None:
    assert fired(rule, meets=True)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_each_rule_is_silent_for_a_near_miss(rule: Rule) -> None:
    assert not fired(rule, meets=False)


def test_every_rule_has_an_id_of_its_own_and_says_where_it_comes_from() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(
        rule.text.endswith(".") or rule.text.endswith(")") or rule.text.endswith("organisms).") for rule in RULES
    )
    assert all(rule.reference for rule in RULES)


def test_every_kind_of_rule_is_there() -> None:
    kinds = {rule.kind for rule in RULES}
    assert kinds >= {"allergy", "interaction", "duplication", "renal", "hepatic", "pregnancy", "lactation", "age", "qt"}
