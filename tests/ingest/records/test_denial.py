"""What a note denies, or says of a relative, is marked so that it is not taken for a finding of this patient."""

import pytest

from ingest.records.denial import is_denied
from ingest.records.notes import make_note


@pytest.mark.parametrize(
    "sentence",
    [
        "No history of gastrointestinal bleeding.",
        "Denies chest pain, palpitations or syncope.",
        "She has never smoked.",
        "There is no evidence of pulmonary embolism.",
        "No known drug allergies.",
        "NKDA",
        "Without oedema.",
        "The patient is not pregnant.",
        "He doesn't take anticoagulants.",
        "Chest X-ray negative for consolidation.",
        "Pulmonary embolism was ruled out by CT.",
        "Free of seizures since 2019.",
        "No fever.",
        "Mother had breast cancer at 52.",
        "Family history of premature coronary disease.",
        "His father died of a stroke.",
        "Maternal grandmother with type 2 diabetes.",
        "FH: colon cancer in a brother.",
        "Breast cancer in her sister.",
    ],
)
def test_denials_and_relatives_are_marked(sentence: str) -> None:
    assert is_denied(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Has chest pain on exertion.",
        "Known penicillin allergy with anaphylaxis in 2009.",
        "No longer tolerates metformin.",
        "No change in his heart failure.",
        "Blood pressure is not controlled.",
        "Pulmonary embolism cannot be excluded.",
        "Asthma, not only at night.",
        "Her mother reports fever for three days.",
        "Lives with his daughter.",
        "Brought in by her brother after a fall.",
        "eGFR 24 last week.",
        "Takes warfarin for a mechanical valve.",
        "Notes that the pain is worse at night.",
        "Pain without relief from paracetamol.",
    ],
)
def test_findings_are_not_marked(sentence: str) -> None:
    assert not is_denied(sentence)


def test_every_sentence_under_family_history_is_of_a_relative() -> None:
    note = make_note("FAMILY HISTORY:\nType 2 diabetes. Stroke at 60.\n\nASSESSMENT:\nHypertension.", title="Visit")
    assert note is not None
    family, assessment = note.passages
    assert (family.section, family.negated) == (("FAMILY HISTORY",), {1, 2})
    assert (assessment.section, assessment.negated) == (("ASSESSMENT",), frozenset())


def test_passages_lie_at_exact_places_and_stay_short() -> None:
    text = "# History\n" + "He walked to the market and came back with nothing but bread. " * 60 + "\n# Plan\nRest.\n"
    note = make_note(text, title="Visit")
    assert note is not None
    assert [passage.section[0] for passage in note.passages][-1] == "Plan"
    assert all(passage.end - passage.start <= 900 for passage in note.passages)
    for passage in note.passages:
        whole = note.text[passage.start : passage.end]
        assert [whole[s.start : s.end] for s in passage.sentences] == [s.text for s in passage.sentences]


def test_a_sentence_without_end_is_cut_and_loses_nothing() -> None:
    note = make_note("word " * 1000, title="Table")
    assert note is not None
    assert sum(len(s.text.split()) for passage in note.passages for s in passage.sentences) == 1000


@pytest.mark.parametrize("text", ["", "   \n \n", "\x00\x01"])
def test_nothing_to_read_is_no_note(text: str) -> None:
    assert make_note(text, title="Visit") is None


def test_one_short_line_is_a_note_and_no_heading() -> None:
    note = make_note("PLAN:", title="Visit")
    assert note is not None
    assert len(note.passages) == 1
