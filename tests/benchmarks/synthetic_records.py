"""Makes a folder of FHIR Bulk Data NDJSON of any size: people, and what hospitals keep of them. Nobody is real.

Run: python -m tests.benchmarks.synthetic_records FOLDER [--megabytes N | --patients N] [--notes N] [--seed N]
"""

import argparse
import base64
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import orjson

PROBLEMS = (
    ("38341003", "Hypertension"), ("44054006", "Type 2 diabetes mellitus"), ("195967001", "Asthma"),
    ("49436004", "Atrial fibrillation"), ("84114007", "Heart failure"), ("709044004", "Chronic kidney disease"),
    ("13645005", "Chronic obstructive lung disease"), ("35489007", "Depression"), ("396275006", "Osteoarthritis"),
)  # fmt: skip
DRUGS = (
    ("6809", "metformin"), ("29046", "lisinopril"), ("17767", "amlodipine"), ("11289", "warfarin"),
    ("4603", "furosemide"), ("6918", "metoprolol"), ("83367", "atorvastatin"), ("5640", "ibuprofen"),
    ("36437", "sertraline"),
)  # fmt: skip
LABS = (
    ("33914-3", "eGFR", "mL/min/{1.73_m2}", 15, 110), ("2160-0", "Creatinine", "mg/dL", 0.5, 4.0),
    ("2823-3", "Potassium", "mmol/L", 3.0, 6.2), ("4548-4", "Hemoglobin A1c", "%", 4.5, 11.0),
    ("718-7", "Hemoglobin", "g/dL", 8.0, 17.0), ("8480-6", "Systolic blood pressure", "mm[Hg]", 95, 190),
    ("29463-7", "Body weight", "kg", 45, 140), ("8867-4", "Heart rate", "/min", 48, 130),
)  # fmt: skip
ALLERGENS = (("7980", "penicillin"), ("2670", "codeine"), ("10831", "sulfamethoxazole"), ("1191", "aspirin"))
SENTENCES = (
    "Seen for {problem}. Takes {drug} as prescribed.", "No chest pain, no breathlessness at rest.",
    "Reports dizziness on standing since the dose of {drug} was raised.", "Mother had {problem} at 60.",
    "Blood pressure at home averages {number} over eighty.", "Denies bleeding and black stools.",
    "Walks {number} minutes a day and sleeps well.", "Plan: continue {drug}, repeat bloods in {number} weeks.",
    "Ankles swollen in the evening, better in the morning.", "Asks whether {drug} can be stopped.",
)  # fmt: skip
RXNORM, UCUM = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://unitsofmeasure.org"
NOW = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


class Synthetic:
    """People with their resources, the same for the same seed."""

    def __init__(self, *, seed: int = 1, notes: int = 3, labs: int = 60) -> None:
        self.random = random.Random(seed)
        self.notes, self.labs = notes, labs

    def person(self, number: int) -> Iterator[dict[str, Any]]:
        """Everything of one patient, the Patient first."""
        pick, own = self.random, f"p{number}"
        subject = {"reference": f"Patient/{own}"}
        born = NOW - timedelta(days=pick.randrange(365, 34_000))
        yield {
            "resourceType": "Patient", "id": own, "gender": pick.choice(("female", "male")),
            "birthDate": born.date().isoformat(), "name": [{"given": [f"Given{number}"], "family": f"Family{number}"}],
            "identifier": [{"system": "https://synthetic.invalid/mrn", "value": str(number)}],
        }  # fmt: skip
        for n in range(pick.randrange(1, 6)):
            code, text = pick.choice(PROBLEMS)
            yield self._coded("Condition", f"{own}-c{n}", subject, "http://snomed.info/sct", code, text, {
                "clinicalStatus": {"coding": [{"code": pick.choice(("active", "active", "resolved"))}]},
                "onsetDateTime": self._day(),
            })  # fmt: skip
        for n in range(pick.randrange(1, 7)):
            code, text = pick.choice(DRUGS)
            concept = {"coding": [{"system": RXNORM, "code": code, "display": text}]}
            yield {
                "resourceType": "MedicationRequest", "id": f"{own}-m{n}", "subject": subject, "intent": "order",
                "status": pick.choice(("active", "stopped", "on-hold")), "medicationCodeableConcept": concept,
                "authoredOn": self._day(), "dosageInstruction": [{"text": "one tablet a day"}],
            }  # fmt: skip
        if pick.random() < 0.4:
            code, text = pick.choice(ALLERGENS)
            yield self._coded("AllergyIntolerance", f"{own}-a", subject, RXNORM, code, text, {
                "clinicalStatus": {"coding": [{"code": "active"}]},
            })  # fmt: skip
        for n in range(self.labs):
            code, text, unit, low, high = pick.choice(LABS)
            value = {
                "value": round(pick.uniform(low, high), 1),
                "unit": unit,
                "code": unit,
                "system": UCUM,
            }
            yield self._coded("Observation", f"{own}-o{n}", subject, "http://loinc.org", code, text, {
                "status": "final", "effectiveDateTime": self._day(), "valueQuantity": value,
                "category": [{"coding": [{"code": "laboratory"}]}],
            })  # fmt: skip
        for n in range(self.notes):
            data = base64.b64encode(self.note().encode()).decode()
            yield {
                "resourceType": "DocumentReference", "id": f"{own}-d{n}", "subject": subject, "status": "current",
                "date": self._day(), "type": {"text": "Progress note"},
                "content": [{"attachment": {"contentType": "text/plain", "data": data}}],
            }  # fmt: skip

    def note(self) -> str:
        """A note of six to twelve sentences."""
        pick = self.random
        said = [
            pick.choice(SENTENCES).format(
                problem=pick.choice(PROBLEMS)[1].lower(), drug=pick.choice(DRUGS)[1], number=pick.randrange(2, 190)
            )
            for _ in range(pick.randrange(6, 13))
        ]
        return " ".join(said)

    def _coded(
        self, kind: str, number: str, subject: dict[str, str], system: str, code: str, text: str, more: dict[str, Any]
    ) -> dict[str, Any]:
        named = "patient" if kind == "AllergyIntolerance" else "subject"
        concept = {"coding": [{"system": system, "code": code, "display": text}], "text": text}
        return {"resourceType": kind, "id": number, named: subject, "code": concept, **more}

    def _day(self) -> str:
        return (NOW - timedelta(days=self.random.randrange(0, 3000))).isoformat()


def write(folder: Path, made: Synthetic, *, megabytes: float | None = None, patients: int | None = None) -> int:
    """One file a resource type, until there are so many megabytes or patients; how many patients there are."""
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, TextIO] = {}
    written = number = 0
    try:
        while (patients is None or number < patients) and (megabytes is None or written < megabytes * 1_000_000):
            number += 1
            for resource in made.person(number):
                kind = str(resource["resourceType"])
                if kind not in files:
                    files[kind] = (folder / f"{kind}.ndjson").open("w", encoding="utf-8")
                written += files[kind].write(orjson.dumps(resource).decode() + "\n")
    finally:
        for file in files.values():
            file.close()
    return number


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=float)
    parser.add_argument("--patients", type=int)
    parser.add_argument("--notes", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if given.megabytes is None and given.patients is None:
        given.megabytes = 10
    count = write(
        given.folder, Synthetic(seed=given.seed, notes=given.notes), megabytes=given.megabytes, patients=given.patients
    )
    print(f"{count} patients in {given.folder}")
