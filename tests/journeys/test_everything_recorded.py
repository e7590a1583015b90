"""Each kind of event that the record promises, caused through a door and found in the log; a session's steps stand in
tests/api/test_sharing.py, an emergency's end and review in tests/api/test_patients.py."""

import io
from contextlib import closing
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.configuration import note_settings
from api.services import services_from_environment
from cds.actors import Role
from tests.api.conftest import ORIGIN
from tests.journeys.conftest import Command
from tests.journeys.serving import PASSWORD, add_people

ASKED = "Which antibiotic should I start for community-acquired pneumonia of low severity?"
# What is promised → the kinds of entry that say it.
PROMISED = {
    "a sign-in": ["sign_in.started", "sign_in.refused", "sign_in.ended"],
    "an account": ["account.added", "account.changed"],
    "a record taken in": ["records.stored"],
    "a record opened": ["record.opened"],
    "a record searched": ["record.searched"],
    "a recommendation": ["recommendation.recorded"],
    "a decision": ["decision.recorded"],
    "a shared session": ["session.opened"],
    "an emergency": ["record.glass_broken"],
    "a care list": ["care_list.added", "care_list.removed"],
    "publishing": ["guideline.published"],
    "superseding": ["guideline.superseded"],
    "retracting": ["guideline.retracted"],
    "a new generation of the index": ["index.switched"],
    "a changed setting": ["settings.changed"],
    "a review": ["review.opened", "review.noted", "review.replayed", "card.stated"],
    "an export": ["audit.exported", "review.exported", "training.exported"],
    "an erasure": ["record.erased", "content.erased"],
}


def test_whatever_is_done_through_a_door_is_found_in_the_log(
    cds: Command, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDS_TRAINING_EXPORT", "true")
    physician = add_people(data)[Role.PHYSICIAN]
    patient = cds("patients", "list", "--json").json["patients"][0]["id"]
    assert cds("patients", "assign", patient, physician.id, "--remove").status == 0
    at_the_browser(patient)

    monkeypatch.setattr("sys.stdin", io.StringIO("a long and quiet evening\n"))
    assert cds("users", "add", "new", "--role", "physician", "--specialty", "Cardiology").status == 0
    assert cds("users", "specialty", "new", "general practice").status == 0
    assert cds("search", "allergy", "--patient", patient, "--json").status == 0
    shown = cds("ask", ASKED, "--patient", patient, "--json").json["id"]
    assert cds("decide", shown, "accepted").status == 0
    assert cds("review", "show", shown, "--purpose", "quality", "--json").status == 0
    assert cds("review", "note", shown, "correct").status == 0
    cds("review", "replay", shown, "--json")
    assert cds("review", "card", "--attribute", "evidence.2", "--text", "The house", "--json").status == 0
    assert cds("review", "export", "--format", "csv").out.count("\n") == 3
    assert cds("review", "export", "--format", "training").status == 0
    assert cds("audit", "export", "--format", "fhir").status == 0
    assert cds("library", "supersede", "asthma", "--yes").status == 0
    assert cds("library", "retract", "pneumonia", "--yes", "--reason", "wrong dose").status == 0
    assert cds("patients", "erase", patient, "--yes").status == 0

    found = set()
    for kind in {kind for kinds in PROMISED.values() for kind in kinds}:
        if cds("audit", "list", "--kind", kind, "--limit", "1", "--json").json["entries"]:
            found.add(kind)
    assert {event: missing for event, kinds in PROMISED.items() if (missing := sorted(set(kinds) - found))} == {}
    assert cds("audit", "verify", "--json").json["ok"] is True


def at_the_browser(patient: str) -> None:
    """What only a browser can do: sign in, wrongly too, share a decision, break the glass, sign out."""
    services = services_from_environment()
    note_settings(services.db, services.log, services.settings, software=services.software)  # as `cds serve` begins
    with closing(services), TestClient(create_app(services), headers=ORIGIN, follow_redirects=False) as browser:
        wrong = browser.post("/sign-in", data={"name": Role.PHYSICIAN, "password": "something else entirely"})
        assert wrong.status_code == 401
        assert browser.post("/sign-in", data={"name": Role.PHYSICIAN, "password": PASSWORD}).status_code == 303
        asked = browser.post("/api/v1/consults", json={"question": ASKED})
        opened = browser.post("/sessions", data={"consult": asked.json()["id"]})
        assert opened.status_code == 303, opened.text
        broken = browser.post("/patients/emergency", data={"patient": patient, "reason": "Found unconscious at home"})
        assert broken.status_code == 303
        assert browser.post("/sign-out").status_code == 303
