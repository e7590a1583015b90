"""The patient's page and API: at a glance, for who may open the record; to others it does not exist."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.emergencies import keep_ending
from cds.actors import Role
from cds.audit.tables import entries
from cds.patient import Condition, Source
from knowledge.records.incoming import Identifier, Item
from knowledge.records.tables import identifiers
from tests.api.conftest import TestedServices

Clients = Callable[[Role | None], TestClient]
HTML = {"accept": "text/html"}


def test_the_page_shows_what_matters_first_and_says_what_is_not_recorded(client_as: Clients, my_patient: str) -> None:
    page = client_as(Role.PHYSICIAN).get(f"/patients/{my_patient}", headers=HTML)
    assert page.status_code == 200
    for words in ("Allergies", "Metformin", "eGFR", "days old", "<svg", "Ask about this patient"):
        assert words in page.text, words


def test_the_list_names_my_patients_only(client_as: Clients, patient: str) -> None:
    page = client_as(Role.PHYSICIAN).get("/patients", headers=HTML).text
    assert patient not in page and "No patient is on your care list" in page


def test_opening_the_page_is_recorded(client_as: Clients, my_patient: str, services: TestedServices) -> None:
    client_as(Role.PHYSICIAN).get(f"/patients/{my_patient}", headers=HTML)
    with services.db.reading() as tx:
        opened = tx.scalars(select(entries.c.subject).where(entries.c.kind == "record.opened")).all()
    assert my_patient in opened


@pytest.mark.parametrize("path", ["/patients/{}", "/api/v1/patients/{}"])
def test_a_record_that_is_not_open_to_me_looks_like_one_that_is_not_there(
    path: str, client_as: Clients, patient: str
) -> None:
    physician = client_as(Role.PHYSICIAN)
    there, absent = (physician.get(path.format(one)) for one in (patient, "absent"))
    assert (there.status_code, absent.status_code) == (404, 404)
    assert there.text.replace(patient, "absent") == absent.text


def test_an_emergency_opens_the_record_with_a_reason(client_as: Clients, patient: str) -> None:
    physician = client_as(Role.PHYSICIAN)
    refused = physician.post("/patients/emergency", data={"patient": patient, "reason": "x"}, headers=HTML)
    assert refused.status_code in (400, 422)
    opened = physician.post(
        "/patients/emergency", data={"patient": patient, "reason": "Found unconscious at home"}, headers=HTML
    )
    assert (opened.status_code, opened.headers["location"]) == (303, f"/patients/{patient}")
    for path in (f"/patients/{patient}", f"/consults/new?patient={patient}"):
        assert "Emergency access until 10:00 UTC" in physician.get(path, headers=HTML).text
    assert physician.post(f"/patients/{patient}/emergency/end", headers=HTML).headers["location"] == "/patients"
    assert physician.get(f"/patients/{patient}", headers=HTML).status_code == 404


def test_an_emergency_finds_the_record_by_its_number_in_the_house(
    client_as: Clients, patient: str, services: TestedServices
) -> None:
    with services.db.reading() as tx:
        number = tx.scalars(select(identifiers.c.value).where(identifiers.c.patient == patient)).first()
    form = {"patient": f" {number} ", "reason": "Found unconscious at home", "minutes": "15"}
    opened = client_as(Role.PHYSICIAN).post("/patients/emergency", data=form, headers=HTML)
    assert opened.headers["location"] == f"/patients/{patient}"


def test_the_end_of_an_emergency_is_recorded_although_nobody_asks(
    client_as: Clients, patient: str, services: TestedServices
) -> None:
    opened = client_as(Role.PHYSICIAN).post(
        f"/api/v1/patients/{patient}/emergency", json={"reason": "Found unconscious at home", "minutes": 5}
    )
    assert opened.status_code == 201
    services.clock.at += timedelta(minutes=5)
    stop = keep_ending(services, every=0.01)
    while not closed(services):
        time.sleep(0.01)
    stop()
    assert closed(services) == [patient]


def closed(services: TestedServices) -> list[str]:
    with services.db.reading() as tx:
        return list(tx.scalars(select(entries.c.subject).where(entries.c.kind == "record.glass_closed")))


def test_an_auditor_looks_through_emergencies_on_the_page_and_by_api(
    client_as: Clients, patient: str, services: TestedServices
) -> None:
    physician, auditor = client_as(Role.PHYSICIAN), client_as(Role.AUDITOR)
    number = physician.post(
        f"/api/v1/patients/{patient}/emergency", json={"reason": "<b>Found</b> unconscious"}
    ).json()["emergency"]
    page = auditor.get("/emergencies", headers=HTML).text
    assert "&lt;b&gt;Found" in page and "A physician" in page and "open until" in page
    assert auditor.post(f"/emergencies/{number}/review", data={"finding": "justified"}).status_code == 303
    assert "Justified" in auditor.get("/emergencies", headers=HTML).text
    listed = auditor.get("/api/v1/emergencies").json()["emergencies"]
    assert [(one["id"], one["finding"], one["patient"]) for one in listed] == [(number, "justified", patient)]
    again = auditor.post(f"/api/v1/emergencies/{number}/review", json={"finding": "questioned"})
    assert again.status_code == 201 and again.json()["finding"] == "questioned"


def test_the_api_gives_what_the_command_line_gives(client_as: Clients, my_patient: str) -> None:
    physician = client_as(Role.PHYSICIAN)
    listed = physician.get("/api/v1/patients").json()["patients"]
    assert [one["id"] for one in listed] == [my_patient]
    shown = physician.get(f"/api/v1/patients/{my_patient}").json()
    assert shown["id"] == my_patient
    assert shown["key_results"][0]["name"] == "eGFR"
    assert shown["counts"]["notes"] == len(shown["notes"])


def test_markup_in_a_record_is_shown_as_text(client_as: Clients, services: TestedServices, my_patient: str) -> None:
    evil = Condition("", "<script>alert(1)</script>", (), "active", Source("Condition/x"))
    with services.db.transaction() as tx:
        known = tx.execute(select(identifiers).where(identifiers.c.patient == my_patient)).first()
        assert known is not None
        item = Item("Condition/x", "Condition", Identifier(known.system, known.value), evil.source, facts=(evil,))
        assert services.records.store(tx, [], [item]).facts == 1
    page = client_as(Role.PHYSICIAN).get(f"/patients/{my_patient}", headers=HTML).text
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
