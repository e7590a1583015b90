"""The consult page as the server renders it; what the browser does with it is in the journeys."""

from collections.abc import Callable

import orjson
import pytest
from fastapi.testclient import TestClient

from cds.actors import Role
from tests.api.conftest import ASKED, TestedServices
from tests.cds.fakes import Scripted, Shelf, document, passage

Clients = Callable[[Role | None], TestClient]
HTML = {"accept": "text/html"}
PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "</textarea><svg onload=alert(1)>",
    "' onfocus='alert(1)' autofocus='",
)


def ask(client: TestClient, question: str = ASKED, **form: str) -> str:
    answer = client.post("/consults", data={"question": question, **form}, headers=HTML)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_asking_without_scripts_leads_to_the_recorded_answer(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    page = physician.get(ask(physician), headers=HTML)
    assert "Offer amlodipine 5 mg once daily" in page.text
    assert '<mark data-sentence="1">' in page.text
    assert 'href="#p-1"' in page.text


def test_the_stream_tells_rendered_parts_and_ends_with_the_address(client_as: Clients) -> None:
    answer = client_as(Role.PHYSICIAN).post(
        "/consults", data={"question": ASKED}, headers={"accept": "text/event-stream"}
    )
    events = [part.split("\n") for part in answer.text.strip().split("\n\n")]
    assert [lines[0] for lines in events] == [
        "event: stage", "event: evidence", "event: stage", "event: stage", "event: recommendation",
    ]  # fmt: skip
    last = orjson.loads(events[-1][1].removeprefix("data: "))
    assert last["address"] == f"/consults/{last['id']}" and "Accept" in last["html"]


def test_the_patients_strip_says_what_is_not_recorded(client_as: Clients, my_patient: str) -> None:
    page = client_as(Role.PHYSICIAN).get(f"/consults/new?patient={my_patient}", headers=HTML).text
    assert "eGFR" in page and "Metformin" in page
    assert "days old" in page or "extract of today" in page


def test_what_is_withheld_is_shown_folded_and_never_among_the_statements(
    client_as: Clients, services: TestedServices
) -> None:
    wrong = {"cites": ["1"], "text": "Offer amlodipine 50 mg once daily as the first medicine."}
    right = {"cites": ["1"], "text": "Offer amlodipine 5 mg once daily as the first medicine."}
    services.model_ = Scripted(orjson.dumps({"answered": "yes", "statements": [wrong, right]}).decode())
    physician = client_as(Role.PHYSICIAN)
    page = physician.get(ask(physician), headers=HTML).text
    statements, _, withheld = page.partition('<details class="withheld">')
    assert "50 mg" not in statements and "50 mg" in withheld.partition("</details>")[0]
    assert "50 mg" not in physician.get(f"{ask_again(physician)}/text").text


def ask_again(client: TestClient) -> str:
    lines = client.get("/api/v1/consults").json()["consults"]
    return f"/consults/{lines[0]['id']}"


def test_every_button_of_the_decision_records_it(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    for choice, word in (("accepted", "Accepted"), ("overridden", "Overridden"), ("deferred", "Deferred")):
        at = ask(physician)
        answer = physician.post(f"{at}/decisions", data={"choice": choice}, headers=HTML)
        assert answer.headers["location"] == f"{at}#decision"
        assert word in physician.get(at, headers=HTML).text
    at = ask(physician)
    physician.post(f"{at}/decisions", data={"choice": "modified", "final_text": "Half the dose."}, headers=HTML)
    assert "Half the dose." in physician.get(at, headers=HTML).text


def test_no_answer_offers_to_tell_the_librarian_once(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    at = ask(physician, "How do I repair a bicycle chain?")
    assert "The library does not answer this" in physician.get(at, headers=HTML).text
    told = physician.post(f"{at}/gap", data={"text": "Bicycle chains"}, headers=HTML)
    assert told.status_code == 303
    page = physician.get(at, headers=HTML).text
    assert "The librarian was told" in page and f'action="{at}/gap"' not in page
    assert physician.post(f"{at}/gap", data={"text": "Bicycle chains"}).status_code == 409
    assert "Bicycle chains" in client_as(Role.LIBRARIAN).get("/gaps", headers=HTML).text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_texts_are_rendered_as_text(client_as: Clients, services: TestedServices, payload: str) -> None:
    hostile = document("hostile", f"Title {payload}", publisher=payload, version=payload)
    text = f"Hypertension medicine {payload} for adults aged 55 years."
    services.shelf = Shelf(passage("h1", text, of=hostile, section=(payload,), strength=payload, certainty=payload))
    physician = client_as(Role.PHYSICIAN)
    question = f"Which hypertension medicine for adults aged 55 years {payload}"
    address = ask(physician, question)
    physician.post(f"{address}/decisions", data={"choice": "modified", "final_text": payload}, headers=HTML)
    for page in (physician.get(address, headers=HTML).text, physician.get("/consults", headers=HTML).text):
        for raw in ("<script>alert", "<img src=x", "<svg onload", "' onfocus='", ">49<"):
            assert raw not in page.replace("&#39;", "")


def test_a_question_stays_out_of_addresses_and_logs(client_as: Clients, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    physician = client_as(Role.PHYSICIAN)
    address = ask(physician, "Does amlodipine suit Mrs Canary with hypertension?")
    physician.get(address, headers=HTML)
    assert "anary" not in caplog.text and "anary" not in address
    assert "/consults/{consult_id}" in caplog.text


def test_the_text_for_the_chart_carries_its_sources_and_its_place_in_the_log(client_as: Clients) -> None:
    physician = client_as(Role.PHYSICIAN)
    text = physician.get(f"{ask(physician)}/text").text
    assert "[1] High blood pressure in adults, 2024, Choice of medicine, page 3" in text
    assert "Record 0" in text and ", entry " in text
