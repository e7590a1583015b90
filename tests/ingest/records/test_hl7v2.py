"""HL7 v2 messages: each segment that states something is a fact once; running text is the note of its report."""

from collections import Counter
from pathlib import Path

import pytest

from tests.ingest.records.conftest import Ward

MESSAGES = Path(__file__).parents[2] / "data" / "records" / "ward-messages.hl7"
ORU = (
    "MSH|^~\\&|LAB|EXAMPLE|CDS|X|{sent}||ORU^R01|{number}|P|2.5.1\r"
    "PID|1||12345^^^EXAMPLE&1.2.3.4.5&ISO^MR||Doe^Jane||{born}|F\r"
)
NAMES = {"AL1": "AllergyIntolerance", "DG1": "Condition", "PR1": "Procedure", "OBX": "Observation"}


def counted(path: Path) -> Counter[str]:
    """An independent count of segments; a result that is wrong is none, and lines of a report are one note."""
    rows = [line.split("|") for line in path.read_text().splitlines()]
    lines = Counter((row[0], row[3]) for row in rows if row[0] == "OBX")
    kept = [
        NAMES[row[0]]
        for row in rows
        if row[0] in NAMES
        and not (row[0] == "OBX" and (lines["OBX", row[3]] > 1 or (len(row) > 11 and row[11] in ("W", "D"))))
    ]
    return Counter(kept)


def test_every_segment_is_a_fact_once(ward: Ward) -> None:
    report = ward.load(MESSAGES)
    assert report.by_type == counted(MESSAGES) + Counter({"DiagnosticReport": 3})
    assert dict(report.not_facts) == {"entered-in-error": 1}
    assert dict(report.unknown_types) == {"ZZZ segment": 1}
    again = ward.load(MESSAGES)
    assert (again.facts, again.notes, again.unchanged) == (0, 0, report.facts + report.notes)


def test_results_have_value_unit_comparison_range_and_time(ward: Ward) -> None:
    ward.load(MESSAGES)
    found = {o.codes[0].code: o for o in ward.facts("12345").observations}
    creatinine, egfr, sodium, colour = found["2160-0"], found["33914-3"], found["2951-2"], found["5778-6"]
    assert (creatinine.value, creatinine.unit, creatinine.low, creatinine.high, creatinine.interpretation) == (
        1.9,
        "mg/dL",
        0.6,
        1.2,
        "H",
    )
    assert (egfr.value, egfr.comparator) == (30.0, "<")
    assert found["2823-3"].value == 0.0
    assert (sodium.value, sodium.absent) == (None, "cannot be obtained")
    assert found["882-1"].answer == "O & A"
    assert (colour.answer, colour.answer_codes[0].system) == ("Yellow", "snomed")
    assert colour.taken is not None and (colour.taken.hour, colour.taken.minute) == (9, 30)
    assert creatinine.source.resource == "M1/OBX-1"


def test_an_allergy_of_unstated_status_still_protects(ward: Ward) -> None:
    ward.load(MESSAGES)
    (allergy,) = ward.facts("12345").allergies
    assert (allergy.text, allergy.codes[0].system, allergy.criticality, allergy.reactions) == (
        "Penicillin",
        "rxnorm",
        "high",
        ("Hives", "Wheeze"),
    )
    assert (allergy.status, allergy.active) == ("unknown", True)


def test_running_text_and_comments_are_notes(ward: Ward) -> None:
    ward.load(MESSAGES)
    notes = {passage.document.title: passage for passage in ward.notes("12345")}
    chest = notes["Chest X-ray 2 views"]
    assert chest.text == "Findings: right lower lobe consolidation.\nNo pleural effusion."
    assert [s.text for s in chest.sentences if s.number in chest.negated] == ["No pleural effusion."]
    assert notes["Comprehensive metabolic panel"].text == "Colour of urine: Sample haemolysed.\nRepeat advised."
    assert notes["Note"].text == "Prefers mornings."


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_corrected_result_replaces_the_first_one_whichever_comes_first(order: tuple[int, int], ward: Ward) -> None:
    messages = [
        ORU.format(sent=f"2024010{day}080000", number=day, born="19600102")
        + f"OBR|1|P1|F1|x^Panel^L|||20240101\rOBX|1|NM|2823-3^Potassium^LN||{value}|mmol/L|||||{status}\r"
        for day, value, status in ((1, "6.9", "P"), (2, "4.1", "C"))
    ]
    for number in order:
        ward.load(ward.put(f"{number}.hl7", messages[number]))
    assert [o.value for o in ward.facts("12345").observations] == [4.1]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_any_line_end_and_framing_will_do(end: str, ward: Ward) -> None:
    framed = "\x0b" + MESSAGES.read_text().replace("\n", end) + "\x1c\r"
    assert ward.load(ward.put("a.hl7", framed.encode())).facts == counted(MESSAGES).total()


def test_a_damaged_message_costs_itself(ward: Ward) -> None:
    good = MESSAGES.read_text()
    report = ward.load(
        ward.put("a.hl7", "MSH|broken\nPID|1\n" + good + "MSH|^~\\&|A|B|C|D|2024||ADT^A01|M9|P|2.5\nEVN|A01\n")
    )
    assert report.facts == counted(MESSAGES).total()
    assert [(r["code"], r["line"]) for r in report.refused] == [("bad_message", 1), ("no_patient", 27)]


def test_a_message_without_its_end_mark_is_told(ward: Ward) -> None:
    report = ward.load(ward.put("a.hl7", "\x0b" + MESSAGES.read_text()))
    assert [r["code"] for r in report.refused] == ["truncated"]


def test_a_number_with_another_birth_date_is_a_clash_unless_it_is_sent_as_a_correction(ward: Ward) -> None:
    ward.load(MESSAGES)
    other = ORU.format(sent="20240201", number=5, born="19700102") + "OBX|1|NM|2823-3^Potassium^LN||5|mmol/L|||||F\r"
    report = ward.load(ward.put("b.hl7", other))
    assert [r["code"] for r in report.refused] == ["patient_clash", "patient_clash"]
    assert ward.load(ward.put("c.hl7", other.replace("ORU^R01", "ADT^A08"))).refused == []
    assert str(ward.facts("12345").birth_date) == "1970-01-02"


def test_merging_records_is_left_to_people(ward: Ward) -> None:
    text = "MSH|^~\\&|A|B|C|D|2024||ADT^A40|M9|P|2.5\rPID|1||1^^^X^MR\rMRG|2^^^X^MR\r"
    assert [r["code"] for r in ward.load(ward.put("a.hl7", text)).refused] == ["merge_message"]


def test_escapes_are_read_and_odd_ones_leave_nothing_of_the_patient_in_a_log(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    text = r"\T\ \F\ \X41\ \.br\next \H\bold\N\ \QUOKKA\ 9\ ."
    message = ORU.format(sent="20240201", number=5, born="19600102") + f"OBX|1|ST|1-1^x^LN||{text}||||||F\r"
    assert ward.load(ward.put("a.hl7", message)).facts == 1
    assert ward.facts("12345").observations[0].answer == "& | A \nnext bold \\QUOKKA\\ 9\\ ."
    assert caplog.text == ""
