"""Consults through the API: asked, told as they happen, read again, decided."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.auth.accounts import Account, add_account
from api.auth.identity import LOOPBACK_COOKIE
from api.auth.sign_in import start_sign_in
from cds.actors import Role
from cds.audit import AuditLog
from cds.audit.tables import entries
from cds.errors import Unavailable
from cds.tables_recommendations import recommendations
from tests.api.conftest import ASKED, TestedServices

Clients = Callable[[Role | None], TestClient]


def told(client: TestClient, **body: Any) -> list[tuple[str, Any]]:
    answer = client.post("/api/v1/consults", json={"question": ASKED, **body}, headers={"accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    parts = [part.split("\n") for part in answer.text.strip().split("\n\n") if not part.startswith(":")]
    return [(name.removeprefix("event: "), orjson.loads(data.removeprefix("data: "))) for name, data in parts]


def ask(client: TestClient, **body: Any) -> Any:
    return client.post("/api/v1/consults", json={"question": ASKED, **body})


def test_an_answer_is_given_as_the_contract_says_and_reads_the_same_again(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    answer = ask(physician)
    assert answer.status_code == 201
    shown = answer.json()
    assert {
        "id", "status", "question", "patient", "asked_at", "asked_by", "statements", "withheld", "warnings", "evidence",
        "contradictions", "abstention", "stamp", "audit", "decision",
    } <= shown.keys()  # fmt: skip
    assert shown["status"] == "quoted"
    citation = shown["statements"][0]["citations"][0]
    assert {"passage", "sentences", "quote", "document", "version", "section", "page"} <= citation.keys()
    assert physician.get(answer.headers["location"]).json() == shown


def test_evidence_is_told_before_the_answer_and_the_answer_last(client_as: Clients) -> None:
    events = told(client_as(Role.PHYSICIAN))
    names = [name if name != "stage" else data["stage"] for name, data in events]
    assert names == ["searching", "evidence", "reading", "recorded", "recommendation"]
    assert events[1][1]["hits"][0]["passage"] == "p1"


def test_what_cannot_be_recorded_is_not_shown(
    client_as: Clients, services: TestedServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    physician = client_as(Role.PHYSICIAN)

    class Full(AuditLog):
        def append(self, *_: Any, **__: Any) -> Any:
            raise Unavailable("The disk is full.", code="database_unavailable")

    monkeypatch.setitem(services.__dict__, "log", Full(clock=services.clock))
    events = told(physician)
    assert [name for name, _ in events][-1] == "error"
    assert "recommendation" not in [name for name, _ in events]
    assert events[-1][1]["code"] == "database_unavailable" and events[-1][1]["status"] == 503
    assert ask(physician).status_code == 503
    with services.db.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(recommendations)) == 0


def test_a_defect_while_answering_is_told_without_what_went_wrong(client_as: Clients, services: TestedServices) -> None:
    class Broken:
        def search(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError("gout since May")

    services.shelf = Broken()  # type: ignore[assignment]
    name, data = told(client_as(Role.PHYSICIAN))[-1]
    assert (name, data["code"]) == ("error", "failed") and "gout" not in data["detail"]


def test_the_same_key_asks_once(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    key = {"idempotency-key": "k1"}
    body = {"question": ASKED}
    first, again = (physician.post("/api/v1/consults", json=body, headers=key).json() for _ in range(2))
    assert first["id"] == again["id"]
    other = physician.post("/api/v1/consults", json={"question": "Something else?"}, headers=key)
    assert other.status_code == 422 and other.json()["code"] == "idempotency_mismatch"
    assert len(physician.get("/api/v1/consults").json()["consults"]) == 1


def test_a_key_is_free_again_after_a_request_that_made_nothing(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    key = {"idempotency-key": "k1"}
    body = {"question": ASKED, "patient": "absent"}
    assert [physician.post("/api/v1/consults", json=body, headers=key).status_code for _ in range(2)] == [404, 404]


def test_a_decision_is_recorded_and_a_second_stands_beside_it(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    at = f"/api/v1/consults/{ask(physician).json()['id']}"
    assert physician.post(f"{at}/decisions", json={"choice": "accepted"}).status_code == 201
    reason = {"choice": "overridden", "reason": "patient-contraindication", "comment": "rash"}
    assert physician.post(f"{at}/decisions", json=reason).json()["choice"] == "overridden"
    shown = physician.get(at).json()
    assert [decision["choice"] for decision in shown["decisions"]] == ["accepted", "overridden"]
    assert shown["decision"]["reason"] == "patient-contraindication"
    wrong = physician.post(f"{at}/decisions", json={"choice": "modified"})
    assert wrong.status_code == 422 and wrong.json()["code"] == "final_text_missing"


def test_a_decision_sent_twice_with_one_key_is_one(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    at = f"/api/v1/consults/{ask(physician).json()['id']}"
    for _ in range(2):
        made = physician.post(f"{at}/decisions", json={"choice": "accepted"}, headers={"idempotency-key": "d"})
        assert made.status_code == 201
    assert len(physician.get(at).json()["decisions"]) == 1


def test_a_consult_of_somebody_else_does_not_exist(client_as: Clients, services: TestedServices) -> None:
    mine = ask(client_as(Role.PHYSICIAN)).json()["id"]
    with services.db.transaction() as tx:
        other = add_account(
            tx, name="other", display="O", roles={Role.PHYSICIAN}, password=None, at=services.clock.now()
        )
        secret = start_sign_in(tx, other, method="password", at=services.clock.now())
    stranger = client_as(None)
    stranger.cookies.set(LOOPBACK_COOKIE, secret)
    for path in (f"/api/v1/consults/{mine}", f"/consults/{mine}", f"/consults/{mine}/text"):
        found, absent = stranger.get(path), stranger.get(path.replace(mine, "absent"))
        assert (found.status_code, found.json()["code"]) == (absent.status_code, absent.json()["code"])
        assert found.status_code == 404
    assert stranger.post(f"/api/v1/consults/{mine}/decisions", json={"choice": "accepted"}).status_code == 404
    assert ask(stranger, follows=mine).status_code == 404


def test_a_patient_off_the_care_list_and_an_absent_one_read_the_same(
    client_as: Clients, patient: str, account_of: Callable[[Role], Account]
) -> None:
    physician = client_as(Role.PHYSICIAN)
    account_of(Role.PHYSICIAN)
    closed, absent = ask(physician, patient=patient), ask(physician, patient="absent")
    assert (closed.status_code, closed.content) == (absent.status_code, absent.content)
    assert physician.get(f"/consults/new?patient={patient}").status_code == 404


def test_a_patients_consult_opens_the_record_in_the_log(
    client_as: Clients, my_patient: str, services: TestedServices
) -> None:
    shown = ask(client_as(Role.PHYSICIAN), patient=my_patient).json()
    assert shown["patient"] == my_patient
    with services.db.reading() as tx:
        kinds = tx.scalars(select(entries.c.kind).order_by(entries.c.seq)).all()
    assert kinds[-2:] == ["record.opened", "recommendation.recorded"]


def test_a_follow_up_is_a_recommendation_of_its_own_about_the_same_patient(client_as: Clients, my_patient: str) -> None:
    physician = client_as(Role.PHYSICIAN)
    first = ask(physician, patient=my_patient).json()
    second = ask(physician, patient=my_patient, follows=first["id"]).json()
    assert second["follows"] == first["id"] and second["id"] != first["id"]
    other = ask(physician, follows=first["id"])
    assert other.status_code == 422 and other.json()["code"] == "other_patient"


def test_history_comes_in_pages_that_neither_repeat_nor_miss(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    asked = [ask(physician).json()["id"] for _ in range(5)]
    seen: list[str] = []
    following: int | None = None
    while True:
        page = physician.get("/api/v1/consults", params={"limit": 2, **({"before": following} if following else {})})
        seen += [line["id"] for line in page.json()["consults"]]
        following = page.json()["next"]
        if following is None:
            break
    assert seen == asked[::-1]


@pytest.mark.parametrize("body", [{}, {"question": ""}, {"question": "x" * 2001}, {"question": "x", "as_of": "May"}])
def test_what_cannot_be_asked_is_refused(client_as: Clients, body: dict[str, str]) -> None:
    answer = client_as(Role.PHYSICIAN).post("/api/v1/consults", json=body)
    assert answer.status_code == 422 and answer.json()["code"] == "invalid_input"


def test_one_person_cannot_take_every_place(client_as: Clients, app: Any, services: TestedServices) -> None:
    import threading

    go = threading.Event()

    class Slow:
        def search(self, *_: Any, **__: Any) -> Any:
            go.wait(10)
            raise Unavailable("slow")

    services.shelf = Slow()  # type: ignore[assignment]
    physician = client_as(Role.PHYSICIAN)
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(ask(physician).status_code)) for _ in range(4)]
    for thread in threads:
        thread.start()
    while app.state.live.running < 4:
        threads[0].join(0.01)
    fifth = ask(physician)
    go.set()
    for thread in threads:
        thread.join()
    assert fifth.status_code == 503 and fifth.json()["code"] == "busy" and fifth.headers["retry-after"]
    assert answers == [503] * 4


def test_a_token_of_the_right_scope_asks_without_any_origin(
    client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]
) -> None:
    from datetime import timedelta

    from api.auth.tokens import Scope, add_token

    account = account_of(Role.PHYSICIAN)
    with services.db.transaction() as tx:
        secret, _ = add_token(
            tx, account, name="ehr", scopes={Scope.CONSULT}, at=services.clock.now(), lasts=timedelta(days=1)
        )
    program = client_as(None)
    del program.headers["origin"]
    program.headers["authorization"] = f"Bearer {secret}"
    assert ask(program).status_code == 201
    services.clock.at += timedelta(days=2)
    assert ask(program).status_code == 401


def test_search_gives_passages_without_an_answer_or_a_record_of_one(
    client_as: Clients, services: TestedServices
) -> None:
    for role in Role:
        found = client_as(role).post("/api/v1/search", json={"question": ASKED})
        assert found.status_code == 200
        hit = found.json()["hits"][0]
        assert {"passage", "score", "text", "document", "section", "page"} <= hit.keys()
        assert {"id", "title", "publisher", "version", "published"} <= hit["document"].keys()
    with services.db.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(recommendations)) == 0
