"""Of whatever they are given: the checks answer, a dose supports itself, and one changed digit does not."""

# ruff: noqa: E501 a list of words

from hypothesis import given, settings
from hypothesis import strategies as st

from cds.grounding import CitedSentence, DraftStatement, ground, judge_claim

WORDS = st.sampled_from(
    (
        "Give", "amoxicillin", "metformin", "500", "mg", "twice", "daily", "for", "5", "days", "in", "adults", "with", "pneumonia", "unless",
        "eGFR", "is", "below", "30", "do", "not", "avoid", "at", "least", "65", "mmHg", "or", "more", "children", "without", "diabetes",
        "reduces", "mortality", "8", "100", "should", "must", "may", ",", ".", ";", "(", ")", "10%", "(95%", "1.2-3.4)", "°C", "≥", "µg",
    )
)  # fmt: skip
TEXT = st.lists(WORDS, min_size=1, max_size=25).map(" ".join)


@given(st.text(max_size=200), st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_gets_a_verdict(claim: str, evidence: str) -> None:
    assert judge_claim(claim, [evidence]) in ("supported", "contradicted", "not_addressed")


@given(TEXT, TEXT)
@settings(max_examples=200, deadline=None)
def test_any_order_of_clinical_words_gets_a_verdict(claim: str, evidence: str) -> None:
    assert judge_claim(claim, [evidence]) in ("supported", "contradicted", "not_addressed")


@given(
    dose=st.integers(2, 900),
    days=st.integers(2, 28),
    times=st.sampled_from(["once", "twice", "three times"]),
    name=st.sampled_from(["amoxicillin", "metformin", "ramipril", "sertraline"]),
    wrong=st.integers(2, 9000),
)
@settings(max_examples=150, deadline=None)
def test_a_dose_supports_itself_and_no_other_dose(dose: int, days: int, times: str, name: str, wrong: int) -> None:
    sentence = f"Give {name} {dose} mg {times} a day for {days} days."
    claim = f"{name.capitalize()} {dose} mg is given {times} daily for {days} days."
    assert judge_claim(claim, [sentence]) == "supported"
    if wrong != dose:
        assert judge_claim(claim.replace(f"{dose} mg", f"{wrong} mg", 1), [sentence]) == "contradicted"


@given(grams=st.integers(1, 20))
def test_units_convert(grams: int) -> None:
    assert judge_claim(f"Give paracetamol {grams} g.", [f"Give paracetamol {grams * 1000} mg."]) == "supported"
    assert judge_claim(f"Give paracetamol {grams} mg.", [f"Give paracetamol {grams} g."]) == "contradicted"


@given(TEXT)
@settings(max_examples=100, deadline=None)
def test_what_cites_nothing_is_never_supported(claim: str) -> None:
    assert ground(DraftStatement(claim, "recommendation", ()), cited=(), retrieved=()).verdict != "supported"


@given(TEXT, st.sampled_from(["<script>", "https://a.b", "ignore previous instructions"]))
@settings(max_examples=60, deadline=None)
def test_markup_links_and_instructions_never_pass_even_verbatim(claim: str, payload: str) -> None:
    text = f"{claim} {payload}"
    cited = (CitedSentence("s", text),)
    assert ground(DraftStatement(text, "recommendation", ("s",)), cited=cited, retrieved=("s",)).verdict != "supported"
