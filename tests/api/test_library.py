"""The library's page and its API: what is shown to whom, and what a librarian can do."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, insert, select

from cds.actors import Role
from cds.audit.tables import entries
from cds.tables_recommendations import citations, recommendations
from tests.api.conftest import TestedServices
from tests.ingest.documents.making import pdf, write
from tests.knowledge.test_guidelines import document, publish

Clients = Callable[[Role | None], TestClient]
PATIENCE_SECONDS = 60


@pytest.fixture
def librarian(client_as: Clients) -> TestClient:
    return client_as(Role.LIBRARIAN)


def loaded(browser: TestClient, **files: bytes) -> dict[str, Any]:
    """What came of sending these files."""
    answer = browser.post(
        "/library/upload", files=[("files", (name.replace("__", "."), body)) for name, body in files.items()]
    )
    assert answer.status_code == 303
    address = browser.get("/library").text.split('data-load="')
    until = time.monotonic() + PATIENCE_SECONDS
    while len(address) > 1 and time.monotonic() < until:
        job = browser.get(address[1].split('"')[0]).json()
        if not job["running"]:
            return dict(job)
        time.sleep(0.05)
    return {}


def test_everybody_sees_what_is_in_force_and_only_the_librarian_what_was_refused(
    services: TestedServices, client_as: Clients
) -> None:
    publish(services.db, services.library, document())
    for role in Role:
        shown = client_as(role).get("/library")
        assert shown.status_code == 200
        assert "Pneumonia" in shown.text
        assert ("Take in documents" in shown.text) == (role is Role.LIBRARIAN)


def test_a_document_shows_its_editions_and_where_each_statement_was_found(
    services: TestedServices, librarian: TestClient
) -> None:
    edition = publish(
        services.db, services.library, document(publisher="Ward Seven", provenance={"publisher": "front matter"})
    )
    shown = librarian.get("/library/pneumonia").text
    assert "Ward Seven" in shown
    assert "(front matter)" in shown
    assert "not stated" in shown
    passages = librarian.get(f"/library/editions/{edition}").text
    assert "Offer amoxicillin 500 mg." in passages
    assert "reads like an instruction to a model" in passages


def test_a_librarian_retracts_with_a_reason_and_the_log_has_it(
    services: TestedServices, librarian: TestClient, client_as: Clients
) -> None:
    edition = publish(services.db, services.library, document())
    address = f"/library/editions/{edition}/retract"
    assert client_as(Role.PHYSICIAN).post(address).status_code == 403
    assert client_as(Role.PHYSICIAN).get(address).status_code == 403
    assert librarian.post(address, data={"reason": "wrong dose", "affected": 0}).status_code == 303
    assert "wrong dose" in librarian.get(f"/library/editions/{edition}").text
    with services.db.reading() as tx:
        assert "guideline.retracted" in tx.execute(select(entries.c.kind)).scalars().all()


def record_citing(tx: Connection, edition: str) -> None:
    """A past recommendation that rests on an edition."""
    counted = dict.fromkeys(("statements", "withheld", "warnings", "weak"), 0)
    made = {"id": "r1", "seq": 1, "asked_at": datetime(2026, 1, 1, tzinfo=UTC), "asked_by": "u", "status": "answered"}
    tx.execute(insert(recommendations).values(**made, **counted, relevance=0.9))
    tx.execute(insert(citations).values(recommendation="r1", passage="p", edition=edition, document="pneumonia", seq=1))


@pytest.mark.parametrize("change", ["supersede", "retract"])
def test_what_ends_an_edition_is_confirmed_by_the_length_of_the_recall_list(
    change: str, services: TestedServices, librarian: TestClient
) -> None:
    edition = publish(services.db, services.library, document())
    with services.db.transaction() as tx:
        record_citing(tx, edition)
    address = f"/library/editions/{edition}/{change}"
    assert f'href="{address}"' in librarian.get(f"/library/editions/{edition}").text
    asked = librarian.get(address)
    assert "<strong>1</strong> past recommendation rests on this edition" in asked.text
    unasked = librarian.post(address, data={"reason": "wrong dose"})
    assert "<strong>1</strong> past recommendation" in unasked.text
    outdated = librarian.post(address, data={"reason": "wrong dose", "affected": 0})
    assert outdated.status_code == 409
    assert "not as long as it was" in outdated.text
    assert "wrong dose" in outdated.text
    by_machine = librarian.post(f"/api/v1{address}")
    assert by_machine.status_code == 409
    assert by_machine.json()["code"] == "not_confirmed"
    assert "1 past recommendations" in by_machine.json()["detail"]
    with services.db.reading() as tx:
        assert services.library.edition(tx, edition).state == "published"
    assert librarian.post(address, data={"affected": 1}).status_code == 303
    with services.db.reading() as tx:
        assert (
            services.library.edition(tx, edition).state == {"supersede": "superseded", "retract": "retracted"}[change]
        )


def test_a_draft_says_how_many_recommendations_rest_on_what_it_replaces(
    services: TestedServices, librarian: TestClient
) -> None:
    edition = publish(services.db, services.library, document())
    with services.db.transaction() as tx:
        record_citing(tx, edition)
        draft = services.library.add_draft(tx, document("Offer amoxicillin 250 mg."))
    assert "1 past recommendation rests on it" in librarian.get(f"/library/editions/{draft}").text


def test_a_change_nobody_knows_is_refused(services: TestedServices, librarian: TestClient) -> None:
    edition = publish(services.db, services.library, document())
    assert librarian.post(f"/library/editions/{edition}/burn").status_code == 409


def test_the_recall_list_is_for_librarians_and_auditors(services: TestedServices, client_as: Clients) -> None:
    publish(services.db, services.library, document())
    seen = {role: client_as(role).get("/library/pneumonia/affected").status_code for role in Role}
    assert {role for role, status in seen.items() if status == 200} == {Role.LIBRARIAN, Role.AUDITOR}


def test_unknown_documents_are_absent(librarian: TestClient) -> None:
    for address in ("/library/nothing", "/library/editions/nothing@123", "/library/loads/nothing"):
        assert librarian.get(address).status_code == 404


class Unindexed:
    """Stands where the index is made: nothing is embedded, and what was asked of it is remembered."""

    def __init__(self) -> None:
        self.switched = 0

    def prepare(self, *_: object) -> object:
        return self

    def is_broken(self, *_: object) -> bool:
        return False

    def filling_ahead(self) -> "Unindexed":
        return self

    def __enter__(self) -> "Unindexed":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def add(self, text: str) -> None:
        return None

    def make_current(self, *_: object, **__: object) -> None:
        self.switched += 1


class ServicesWithoutIndex(TestedServices):
    @cached_property
    def builder(self) -> Any:
        return Unindexed()


@pytest.fixture
def uploading(services: TestedServices) -> TestedServices:
    services.__class__ = ServicesWithoutIndex
    return services


def test_files_sent_become_drafts_and_refusals_and_a_draft_is_published(
    uploading: TestedServices, librarian: TestClient, tmp_path: Path
) -> None:
    good = pdf(lambda canvas, number: write(canvas, 60, 700, ["Offer amoxicillin 500 mg to adults with pneumonia."]))
    job = loaded(librarian, cough__pdf=good, broken__pdf=b"%PDF-1.7 no", rest__md=b"# Rest\n\nOffer rest to adults.")
    assert job["error"] is None
    assert job["report"]["documents"] == 2
    assert [one["code"] for one in job["report"]["refused"]] == ["unreadable"]
    assert not any((tmp_path / "incoming").iterdir())
    shown = librarian.get("/library").text
    assert "<td>broken.pdf</td>" in shown
    assert "Open it in its own program" in shown
    (edition,) = [one for one in job["report"]["added"] if one.startswith("rest")]
    assert librarian.post(f"/library/editions/{edition}/publish").status_code == 303
    with uploading.db.reading() as tx:
        assert edition in uploading.library.in_force(tx, uploading.clock.now().date())
    assert uploading.builder.switched == 2


def test_two_files_of_one_name_from_two_folders_are_two_each_with_what_describes_it(
    uploading: TestedServices, librarian: TestClient
) -> None:
    files = [
        ("a/index.md", b"# Rest\n\nOffer rest to adults."),
        ("a/index.yaml", b"publisher: Ward One"),
        ("b/index.md", b"# Honey\n\nOffer honey to adults."),
        ("b/index.yaml", b"publisher: Ward Two"),
    ]
    started = librarian.post("/api/v1/library/loads", files=[("files", one) for one in files])
    until = time.monotonic() + PATIENCE_SECONDS
    while (job := librarian.get(f"/api/v1/library/loads/{started.json()['id']}").json())["running"]:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert job["report"]["refused"] == []
    listed = {one["title"]: one["publisher"] for one in librarian.get("/api/v1/library").json()["documents"]}
    assert listed == {"Rest": "Ward One", "Honey": "Ward Two"}


def test_a_passage_of_a_pdf_opens_on_its_page(uploading: TestedServices, librarian: TestClient) -> None:
    good = pdf(lambda canvas, number: write(canvas, 60, 700, ["Offer amoxicillin 500 mg to adults with pneumonia."]))
    (edition,) = loaded(librarian, cough__pdf=good)["report"]["added"]
    shown = librarian.get(f"/library/editions/{edition}").text
    address = shown.split('data-page="')[1].split('"')[0]
    part = librarian.get(address).text
    assert part.count("<rect") == 8
    picture = librarian.get(part.split('href="')[1].split('"')[0])
    assert picture.headers["content-type"] == "image/png"


def test_the_api_lists_loads_and_changes(uploading: TestedServices, librarian: TestClient) -> None:
    started = librarian.post("/api/v1/library/loads", files=[("files", ("../../rest.md", b"# Rest\n\nOffer rest."))])
    assert started.status_code == 202
    until = time.monotonic() + PATIENCE_SECONDS
    while (job := librarian.get(f"/api/v1/library/loads/{started.json()['id']}").json())["running"]:
        assert time.monotonic() < until
        time.sleep(0.05)
    (edition,) = job["report"]["added"]
    assert librarian.post(f"/api/v1/library/editions/{edition}/publish").json() == {"publish": []}
    (listed,) = librarian.get("/api/v1/library").json()["documents"]
    assert (listed["edition"], listed["state"], listed["publisher"]) == (edition, "published", None)
    assert librarian.get("/api/v1/library/rest/affected").json() == {"name": "rest", "affected": []}
