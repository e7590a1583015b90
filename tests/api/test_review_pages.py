"""The auditor's pages: content only with a purpose, every action an entry, everything readable."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.auth.accounts import account_named
from cds.actors import Actor, Role
from cds.audit.checkpoints import FOLDER, Checkpointer, signing_key
from cds.audit.listing import EntryFilter, list_entries
from cds.decisions import decide
from cds.patient import PatientFacts
from cds.recommendation import Abstention, Recommendation
from cds.recommendations import record
from cds.review.saved import saved_by
from tests.api.conftest import TestedServices
from tests.cds.samples import recommendation
from tests.conftest import NOW

Clients = Callable[[Role | None], TestClient]
FOLLOW: dict[str, bool] = {"follow_redirects": True}
DOCTOR = Actor(id="u-1", name="Dr A", roles=frozenset({Role.PHYSICIAN}))


def facts(number: int) -> PatientFacts:
    born = (NOW - timedelta(days=365 * (20 + number % 60))).date()
    return PatientFacts(patient="p", name=None, birth_date=born, sex="female" if number % 2 else "male", language="en")


@pytest.fixture
def shown(services: TestedServices) -> list[Recommendation]:
    """Forty consults over a month, most of them decided."""
    made = []
    for number in range(40):
        silent = number % 8 == 7
        one = recommendation(
            asked_at=NOW - timedelta(hours=500 - 12 * number),
            question=f"Malaria prophylaxis in case {number}?" if silent else "Which antibiotic for mild pneumonia?",
            status="abstained" if silent else "answered",
            abstention=Abstention("not_in_library", "Nothing found.", ()) if silent else None,
        )
        one = replace(one, statements=() if silent else one.statements, withheld=one.withheld if number % 3 else ())
        with services.db.transaction() as tx:
            record(tx, one, log=services.log, actor=DOCTOR, facts=facts(number))
        if number % 4 != 3:
            choice = ("accepted", "accepted", "overridden")[number % 3]
            reason = "patient-refuses" if choice == "overridden" else None
            decide(
                services.db,
                log=services.log,
                clock=services.clock,
                actor=DOCTOR,
                recommendation_id=one.id,
                choice=choice,
                reason=reason,
            )
        made.append(one)
    return made


def entries_of(services: TestedServices, kind: str) -> list[tuple[str | None, str]]:
    with services.db.reading() as tx:
        return [(entry.actor, entry.subject) for entry in list_entries(tx, EntryFilter(kind=kind))[0]]


def test_the_list_shows_no_text_of_a_consult(client_as: Clients, shown: list[Recommendation]) -> None:
    page = client_as(Role.AUDITOR).get("/review")
    assert page.status_code == 200 and page.text.count("/review/01") == 40
    assert "antibiotic" not in page.text and "amoxicillin" not in page.text


def test_filters_and_older_pages_of_the_list_work(client_as: Clients, shown: list[Recommendation]) -> None:
    client = client_as(Role.AUDITOR)
    assert client.get("/review?status=abstained").text.count("/review/01") == 5
    assert client.get("/review?decision=overridden&failed=number").text.count("/review/01") > 0
    assert "No recommendation fits" in client.get("/review?document=unheard-of").text
    assert client.get("/review?since=yesterday").status_code == 422


def test_every_dimension_of_a_cohort_can_be_looked_for(client_as: Clients, shown: list[Recommendation]) -> None:
    client = client_as(Role.AUDITOR)
    whole = client.get("/review?sex=female").text
    assert whole.count("/review/01") == 20 and "30-44" in whole
    assert client.get("/review?sex=female&age_band=30-44&specialty=surgery").text.count("/review/01") == 0
    assert client.get("/review?language=en&asked_by=u-1&edition=pneumonia-2025").text.count("/review/01") == 35


def test_a_search_is_kept_under_a_name_and_let_go(
    client_as: Clients, services: TestedServices, shown: list[Recommendation]
) -> None:
    client = client_as(Role.AUDITOR)
    kept = {"name": " Overridden  women ", "sex": "female", "decision": "overridden"}
    page = client.post("/review/filters", data=kept, **FOLLOW)
    assert "Overridden women" in page.text and "sex=female" in page.text
    assert client.post("/review/filters", data=kept).status_code == 409
    assert client.post("/review/filters", data={"name": "All"}).status_code == 422
    assert client.post("/review/filters", data=kept | {"name": "Bad", "since": "tomorrow"}).status_code == 422
    with services.db.reading() as tx:
        (one,) = saved_by(tx, client_actor(services))
    assert one.given == {"sex": "female", "decision": "overridden"}
    assert "Overridden women" not in client.post(f"/review/filters/{one.id}/remove", **FOLLOW).text
    assert client.post(f"/review/filters/{one.id}/remove").status_code == 404
    assert entries_of(services, "review.filter_saved") and entries_of(services, "review.filter_removed")


@pytest.mark.parametrize("format_", ["jsonl", "csv", "fhir", "seismometer"])
def test_the_list_is_taken_away_as_it_was_filtered_which_is_an_entry(
    client_as: Clients, services: TestedServices, shown: list[Recommendation], format_: str
) -> None:
    taken = client_as(Role.AUDITOR).post("/review/export", data={"format": format_, "status": "abstained"})
    assert taken.status_code == 200 and entries_of(services, "review.exported")
    if format_ == "seismometer":
        with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
            assert archive.read("recommendations/data/predictions.csv").count(b"\n") == 6
            assert "recommendations/config.yml" in archive.namelist()
    else:
        assert len(taken.text.splitlines()) == 5 + (format_ == "csv")
    assert b"alaria" not in taken.content
    assert client_as(Role.AUDITOR).post("/review/export", data={"format": "exe"}).status_code == 422


def test_training_pairs_leave_by_the_page_only_when_switched_on(
    client_as: Clients, services: TestedServices, shown: list[Recommendation]
) -> None:
    client = client_as(Role.AUDITOR)
    assert "Training pairs" not in client.get("/review").text
    refused = client.post("/review/export", data={"format": "training"}, headers={"accept": "application/json"})
    assert refused.status_code == 403 and refused.json()["code"] == "training_export_off"
    services.settings = services.settings.model_copy(update={"training_export": True})
    assert "Training pairs" in client.get("/review").text
    taken = client.post("/review/export", data={"format": "training"})
    assert taken.status_code == 200 and taken.text.count('"choice":"accepted"') > 5
    assert entries_of(services, "training.exported")


@pytest.mark.parametrize("as_", ["json", "fhir"])
def test_the_card_is_taken_as_a_file(client_as: Clients, as_: str) -> None:
    taken = client_as(Role.ADMINISTRATOR).get(f"/governance/card?format={as_}")
    assert taken.status_code == 200 and "attachment" in taken.headers["content-disposition"]
    assert (taken.json().get("resourceType") == "Library") is (as_ == "fhir")


def client_actor(services: TestedServices) -> Actor:
    with services.db.reading() as tx:
        account = account_named(tx, "a.auditor")
    assert account is not None
    return account.actor


def test_a_consult_is_read_only_after_a_purpose_was_stated(
    client_as: Clients, services: TestedServices, shown: list[Recommendation]
) -> None:
    client, chosen = client_as(Role.AUDITOR), shown[1]
    asked_why = client.get(f"/review/{chosen.id}").text
    assert "Why do you read" in asked_why and chosen.question not in asked_why
    assert client.post(f"/review/{chosen.id}/purpose", data={"purpose": "nosiness"}).status_code == 422
    read = client.post(f"/review/{chosen.id}/purpose", data={"purpose": "incident"}, **FOLLOW)
    assert chosen.question in read.text and "Give amoxicillin 500 mg" in read.text and "5 g is not in" in read.text
    assert [subject for _, subject in entries_of(services, "review.opened")] == [chosen.id]


def test_notes_stand_beside_each_other_and_find_the_consult_again(
    client_as: Clients, services: TestedServices, shown: list[Recommendation]
) -> None:
    client, chosen = client_as(Role.AUDITOR), shown[1]
    client.post(f"/review/{chosen.id}/purpose", data={"purpose": "quality"})
    for mark in ("unsafe", "correct"):
        said = {"mark": mark, "comment": f"I say {mark} <b>"}
        page = client.post(f"/review/{chosen.id}/notes", data=said, **FOLLOW)
    assert "I say unsafe &lt;b&gt;" in page.text and "I say correct" in page.text
    assert client.get("/review?mark=unsafe").text.count("/review/01") == 1
    assert len(entries_of(services, "review.noted")) == 2


def test_replaying_says_what_could_not_be_found_again(client_as: Clients, shown: list[Recommendation]) -> None:
    client, chosen = client_as(Role.AUDITOR), shown[2]
    assert client.post(f"/review/{chosen.id}/replay").status_code == 403
    client.post(f"/review/{chosen.id}/purpose", data={"purpose": "technical"})
    page = client.post(f"/review/{chosen.id}/replay")
    assert page.status_code == 200 and "could not be searched for again" in page.text


def test_statistics_are_drawn_with_their_numbers(client_as: Clients, shown: list[Recommendation]) -> None:
    page = client_as(Role.AUDITOR).get("/statistics")
    assert page.status_code == 200
    assert "<svg" in page.text and "malaria" in page.text and "prophylaxis" in page.text
    assert "Patient declined" in page.text and "style=" not in page.text
    assert "Nothing was asked" in client_as(Role.AUDITOR).get("/statistics?since=2030-01-01").text


def test_a_recall_is_a_worklist(client_as: Clients, shown: list[Recommendation]) -> None:
    page = client_as(Role.AUDITOR).get("/review/recall?name=pneumonia-2025")
    assert "35 recommendations rest on it; 0 have been reviewed" in page.text


def test_a_statement_on_the_card_bears_a_name_and_an_entry(
    client_as: Clients, services: TestedServices, shown: list[Recommendation]
) -> None:
    client = client_as(Role.ADMINISTRATOR)
    empty = client.get("/governance").text.count(">empty<")
    said = {"attribute": "predictive.1", "text": "St Anne, it@example.org"}
    page = client.post("/governance", data=said, **FOLLOW)
    assert "St Anne" in page.text and page.text.count(">empty<") == empty - 1
    assert "40 consults" in page.text
    ((actor, subject),) = entries_of(services, "card.stated")
    assert subject == "predictive.1" and actor is not None


def test_the_log_is_listed_filtered_and_each_entry_shown_with_its_proof(
    client_as: Clients, services: TestedServices, shown: list[Recommendation]
) -> None:
    client = client_as(Role.AUDITOR)
    assert "decision.recorded" in client.get("/audit").text
    assert "recommendation.recorded" in client.get("/audit?kind=recommendation.recorded").text
    page = client.get("/audit/3")
    assert page.status_code == 200 and "Root <code>" in page.text
    assert client.get("/audit/99999").status_code == 404


def test_verifying_says_which_entry_was_altered_first(
    client_as: Clients, services: TestedServices, shown: list[Recommendation]
) -> None:
    data = services.settings.data
    Checkpointer(services.db, folder=data / FOLDER, key=signing_key(data), clock=services.clock).write()
    client = client_as(Role.AUDITOR)
    page = client.post("/audit/verify")
    assert "Nothing was altered" in page.text and "1 signed checkpoints" in page.text
    with services.db.transaction() as tx:
        if services.db.dialect == "sqlite":
            tx.execute(text("DROP TRIGGER audit_entries_no_update"))
        else:
            tx.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        tx.execute(text("UPDATE audit_entries SET actor = 'nobody' WHERE seq = 5"))
    page = client.post("/audit/verify")
    assert "Entry 5 is the first that is wrong" in page.text


def test_taking_the_log_away_is_an_entry_and_gives_the_hashed_bytes(
    client_as: Clients, services: TestedServices, shown: list[Recommendation]
) -> None:
    answer = client_as(Role.AUDITOR).post("/audit/export", data={"format": "jsonl", "kind": "decision.recorded"})
    lines = answer.text.splitlines()
    assert len(lines) == 30 and all(orjson.loads(line)["kind"] == "decision.recorded" for line in lines)
    assert len(entries_of(services, "audit.exported")) == 1
    assert client_as(Role.AUDITOR).post("/audit/export", data={"format": "xml"}).status_code == 422


@pytest.mark.parametrize("path", ["/review", "/statistics", "/review/recall", "/audit", "/governance", "/review/x"])
def test_these_pages_are_not_for_physicians_or_librarians(client_as: Clients, path: str) -> None:
    for role in (Role.PHYSICIAN, Role.LIBRARIAN):
        assert client_as(role).get(path).status_code == 403
