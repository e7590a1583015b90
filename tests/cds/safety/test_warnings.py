"""What a physician is warned of, and what not."""

from datetime import date

import pytest

from cds.patient import PatientFacts
from cds.recommendation import Statement
from cds.safety import warnings_for
from tests.cds.safety.charts import ON, allergy, condition, medication, patient, pregnancy_status, result


def kinds(facts: PatientFacts, *proposed: str | Statement) -> set[str]:
    return {w.kind for w in warnings_for(facts, proposed, on=ON)}


def advice(text: str) -> Statement:
    return Statement(text, "recommendation", ())


def test_a_combination_is_its_ingredients() -> None:
    allergic = patient(allergies=(allergy("Penicillin"),), allergies_known="listed")
    assert "allergy" in kinds(allergic, "Offer co-amoxiclav 625 mg")
    assert "allergy" in kinds(allergic, "Give Augmentin")
    assert "allergy" not in kinds(allergic, "Offer doxycycline 200 mg")


def test_a_salt_and_a_brand_name_are_the_medicine() -> None:
    facts = patient(
        medications=(medication("metformin hydrochloride 500 MG Oral Tablet"),), observations=(result("egfr", 24),)
    )
    found = warnings_for(facts, [], on=ON)
    assert [w.kind for w in found] == ["renal"]
    assert {b.text for b in found[0].because} == {
        "metformin hydrochloride 500 MG Oral Tablet",
        "eGFR: 24 mL/min, 2026-11-01",
    }


def test_the_newest_result_decides() -> None:
    old, new = result("egfr", 24, day=date(2026, 1, 1)), result("egfr", 62, day=date(2026, 11, 1))
    assert "renal" not in kinds(patient(observations=(old, new)), "Offer metformin")
    assert "renal" in kinds(patient(observations=(new, result("egfr", 24, day=date(2026, 11, 10)))), "Offer metformin")


def test_advice_against_a_medicine_is_no_proposal() -> None:
    asthma = patient(conditions=(condition("Asthma"),))
    assert "condition" in kinds(asthma, advice("Offer propranolol 40 mg twice daily."))
    assert "condition" not in kinds(asthma, advice("Do not give propranolol to people with asthma."))
    assert "condition" not in kinds(asthma, advice("Avoid propranolol."))


def test_a_medicine_named_as_an_allergen_is_no_proposal() -> None:
    facts = patient(allergies=(allergy("Penicillin"),), allergies_known="listed")
    assert kinds(facts, advice("Offer doxycycline to people who are allergic to penicillin.")) == set()


def test_an_interaction_is_found_whichever_medicine_came_first() -> None:
    on_warfarin = patient(medications=(medication("Warfarin 3 mg tablet"),))
    on_macrolide = patient(medications=(medication("Clarithromycin 500 mg tablet"),))
    assert "interaction" in kinds(on_warfarin, "Can I give clarithromycin?")
    assert "interaction" in kinds(on_macrolide, "Offer warfarin")
    assert "interaction" not in kinds(on_warfarin, "Can I give amoxicillin?")


def test_two_prescriptions_of_one_medicine_are_a_renewal_not_a_duplication() -> None:
    twice = (
        medication("Lisinopril 10 mg tablet", identifier="m1"),
        medication("Lisinopril 20 mg tablet", identifier="m2"),
    )
    assert "duplication" not in kinds(patient(medications=twice))
    two = (medication("Lisinopril 10 mg tablet"), medication("Ramipril 5 mg capsule"))
    assert "duplication" in kinds(patient(medications=two))


def test_unknown_allergies_are_asked_for_and_no_allergies_are_not() -> None:
    unknown = warnings_for(patient(allergies_known="unknown"), ["Offer amoxicillin"], on=ON)
    assert ["not recorded" in w.text for w in unknown] == [True]
    assert warnings_for(patient(allergies_known="none"), ["Offer amoxicillin"], on=ON) == ()


def test_an_allergy_to_a_sulfonamide_antibiotic_spares_trimethoprim_and_diuretics() -> None:
    facts = patient(allergies=(allergy("Sulfonamide antibiotic (co-trimoxazole)"),), allergies_known="listed")
    assert "allergy" in kinds(facts, "Offer co-trimoxazole")
    assert "allergy" not in kinds(facts, "Offer trimethoprim")
    assert "allergy" not in kinds(facts, "Offer furosemide")


@pytest.mark.parametrize(
    ("observations", "pregnant"),
    [
        ((pregnancy_status("Pregnant"),), True),
        ((pregnancy_status("Pregnant", day=date(2025, 6, 1)),), False),  # that pregnancy has ended
        ((pregnancy_status("Not pregnant"),), False),
        (
            (
                pregnancy_status("Pregnant", day=date(2026, 3, 1)),
                pregnancy_status("Not pregnant", day=date(2026, 10, 1)),
            ),
            False,
        ),
    ],
)
def test_the_newest_pregnancy_status_decides(observations: tuple[object, ...], pregnant: bool) -> None:
    assert (
        "pregnancy"
        in {
            w.kind
            for w in warnings_for(patient(observations=observations), ["Offer ramipril"], on=ON)
            if w.severity == "stop"
        }
    ) is pregnant


def test_a_man_is_not_pregnant() -> None:
    assert "pregnancy" not in kinds(patient(sex="male", conditions=(condition("Pregnancy"),)), "Offer ramipril")


def test_the_gravest_comes_first() -> None:
    facts = patient(age=80, medications=(medication("Apixaban 5 mg tablet"),), observations=(result("egfr", 40),))
    found = warnings_for(facts, ["Offer naproxen 500 mg"], on=ON)
    assert found[0].severity == "stop"
    assert [w.severity for w in found] == sorted((w.severity for w in found), key=lambda s: s != "stop")


def test_nothing_known_means_nothing_claimed() -> None:
    bare = PatientFacts("p", None, None, "unknown", None)
    assert warnings_for(bare, ["Offer metformin"], on=ON) == ()
