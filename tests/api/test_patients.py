"""The patient's page and API: at a glance, for who may open the record; to others it does not exist."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

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
    assert "Opened as an emergency" in physician.get(f"/patients/{patient}", headers=HTML).text


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
