"""CDS Hooks as a medical record would call it: shaped like the specification's own examples."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import orjson
import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import func, select

from api.auth.accounts import Account
from api.auth.tokens import Scope, add_token
from api.hooks.clients import add_client
from api.hooks.models import Cards, Services
from cds.actors import Role
from cds.tables_recommendations import recommendations
from tests.api.conftest import PRESSURE, TestedServices
from tests.api.provider import House, new_key, provider_house
from tests.cds.fakes import Shelf, passage

Clients = Callable[[Role | None], TestClient]
OTHER = new_key("k2")
PATIENT = {"resourceType": "Patient", "id": "1288992", "gender": "male", "birthDate": "1950-12-23", "active": True}
SERVICES = ("evidence-patient-view", "evidence-order-select", "evidence-order-sign")


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": one} for one in resources]}


def about(resource: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"subject": {"reference": "Patient/1288992"}, **resource, **more}


HYPERTENSION = about(
    {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"text": "Hypertension in adults"},
    }
)
ALLERGY = {
    "resourceType": "AllergyIntolerance",
    "id": "a1",
    "patient": {"reference": "Patient/1288992"},
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"text": "Penicillin"},
    "criticality": "high",
}
AMOXICILLIN = about(
    {
        "resourceType": "MedicationRequest",
        "id": "smart-MedicationRequest-103",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Amoxicillin 500 MG Oral Capsule"},
    }
)
ASPIRIN = about(
    {
        "resourceType": "MedicationRequest",
        "id": "smart-MedicationRequest-104",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Aspirin 75 MG Oral Tablet"},
    }
)


def hook(name: str, **more: Any) -> dict[str, Any]:
    """The specification's example of a call, with its invented patient."""
    context = {"userId": "Practitioner/example", "patientId": "1288992", "encounterId": "89284"}
    prefetch = {
        "patient": PATIENT,
        "conditions": bundle(HYPERTENSION),
        "allergies": bundle(ALLERGY),
        "medications": None,
        "results": {"resourceType": "OperationOutcome", "issue": []},
    }
    if name != "patient-view":
        context |= {
            "selections": ["MedicationRequest/smart-MedicationRequest-103"],
            "draftOrders": bundle(AMOXICILLIN, ASPIRIN),
        }  # type: ignore[dict-item]
    return {
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "hook": name,
        "fhirServer": "https://fhir.example/r4",
        "fhirAuthorization": {
            "access_token": "some-opaque-fhir-access-token",
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "user/Patient.read user/Observation.read",
            "subject": "cds-service4",
        },
        "extension": {"com.example.timestamp": "2017-11-27T22:13:25Z"},
        "context": context,
        "prefetch": prefetch,
        **more,
    }


@pytest.fixture
def record(client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]) -> TestClient:
    """A medical record with an API token; no cookie and no Origin."""
    account = account_of(Role.PHYSICIAN)
    with services.db.transaction() as tx:
        secret, _ = add_token(
            tx,
            account,
            name="ehr",
            scopes={Scope.CONSULT, Scope.DECIDE},
            at=services.clock.now(),
            lasts=timedelta(days=1),
        )
    program = client_as(None)
    del program.headers["origin"]
    program.headers["authorization"] = f"Bearer {secret}"
    return program


def cards(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    Cards.model_validate(answer.json())
    return list(answer.json()["cards"])


def test_discovery_needs_no_sign_in_and_names_each_hook_once(client_as: Clients) -> None:
    found = client_as(None).get("/cds-services")
    assert found.status_code == 200
    offered = Services.model_validate(found.json()).services
    assert [service.id for service in offered] == list(SERVICES)
    assert {service.hook for service in offered} == {"patient-view", "order-select", "order-sign"}
    assert all("{{context.patientId}}" in query for service in offered for query in service.prefetch.values())


def test_patient_view_quotes_what_bears_on_the_problems(record: TestClient) -> None:
    found = cards(record.post("/cds-services/evidence-patient-view", json=hook("patient-view")))
    quoted = next(card for card in found if "amlodipine" in card["summary"])
    assert quoted["indicator"] == "info"
    assert quoted["source"]["label"] == "High blood pressure in adults, edition 2024"
    assert quoted["links"][0]["url"].startswith("http://testserver/consults/")
    assert "url" not in quoted["source"]


def test_an_order_the_patient_is_allergic_to_is_a_critical_card_that_can_remove_it(record: TestClient) -> None:
    found = cards(record.post("/cds-services/evidence-order-sign", json=hook("order-sign")))
    first = found[0]
    assert first["indicator"] == "critical" and "enicillin" in first["detail"]
    action = first["suggestions"][0]["actions"][0]
    assert (action["type"], action["resourceId"]) == ("delete", "MedicationRequest/smart-MedicationRequest-103")
    assert {reason["system"] for reason in first["overrideReasons"]} == {
        "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes"
    }


def test_order_select_answers_for_what_was_selected_only(record: TestClient) -> None:
    request = hook("order-select")
    request["context"]["selections"] = ["MedicationRequest/smart-MedicationRequest-104"]
    found = cards(record.post("/cds-services/evidence-order-select", json=request))
    assert not any("enicillin" in card["summary"] for card in found)


def test_nothing_to_say_is_an_empty_list(record: TestClient, services: TestedServices) -> None:
    services.shelf = Shelf()
    request = hook("patient-view", prefetch={"patient": PATIENT})
    assert cards(record.post("/cds-services/evidence-patient-view", json=request)) == []


def test_every_card_is_recorded_before_it_is_told(record: TestClient, services: TestedServices) -> None:
    found = cards(record.post("/cds-services/evidence-patient-view", json=hook("patient-view")))
    with services.db.reading() as tx:
        ids = set(tx.scalars(select(recommendations.c.id)))
    assert {card["links"][0]["url"].rsplit("/", 1)[-1] for card in found} <= ids


def test_feedback_becomes_decisions(record: TestClient, client_as: Clients) -> None:
    found = cards(record.post("/cds-services/evidence-order-sign", json=hook("order-sign")))
    reason = {"code": "patient-contraindication", "system": "http://example.org", "display": "Contraindicated"}
    given = {
        "feedback": [
            {
                "card": found[0]["uuid"],
                "outcome": "overridden",
                "overrideReason": {"reason": reason, "userComment": "Tolerated last year"},
                "outcomeTimestamp": "2026-11-21T09:05:00Z",
            },
            {
                "card": found[-1]["uuid"],
                "outcome": "accepted",
                "acceptedSuggestions": [{"id": "e56e1945-20b3-4393-8503-a1a20fd73152"}],
                "outcomeTimestamp": "2026-11-21T09:06:00Z",
            },
        ]
    }
    assert record.post("/cds-services/evidence-order-sign/feedback", json=given).status_code == 200
    at = found[0]["links"][0]["url"].removeprefix("http://testserver/consults/")
    decisions = record.get(f"/api/v1/consults/{at}").json()["decisions"]
    assert [decision["choice"] for decision in decisions][:1] == ["overridden"]
    assert (decisions[0]["reason"], decisions[0]["comment"]) == ("patient-contraindication", "Tolerated last year")
    given["feedback"][0]["card"] = str(uuid4())
    assert record.post("/cds-services/evidence-order-sign/feedback", json=given).status_code == 404


def test_the_link_of_a_card_opens_for_the_physician_it_is_shown_to(record: TestClient, client_as: Clients) -> None:
    found = cards(record.post("/cds-services/evidence-patient-view", json=hook("patient-view")))
    at = found[0]["links"][0]["url"].removeprefix("http://testserver")
    assert client_as(Role.PHYSICIAN).get(at, headers={"accept": "text/html"}).status_code == 200
    assert client_as(Role.LIBRARIAN).get(at, headers={"accept": "text/html"}).status_code == 403


def test_without_the_patient_and_an_allowed_server_the_call_is_not_ready(
    record: TestClient, services: TestedServices
) -> None:
    answer = record.post("/cds-services/evidence-patient-view", json=hook("patient-view", prefetch={}))
    assert answer.status_code == 412 and answer.json()["code"] == "prefetch_missing"
    with services.db.reading() as tx:
        assert tx.scalar(select(func.count()).select_from(recommendations)) == 0


@pytest.mark.parametrize(
    ("service", "change", "status"),
    [
        ("absent", {}, 404),
        ("evidence-patient-view", {"hook": "order-sign"}, 400),
        ("evidence-patient-view", {"hookInstance": "not a uuid"}, 422),
        ("evidence-patient-view", {"context": {"userId": "Practitioner/1"}}, 422),
    ],
)
def test_a_wrong_call_is_refused(record: TestClient, service: str, change: dict[str, Any], status: int) -> None:
    assert record.post(f"/cds-services/{service}", json=hook("patient-view", **change)).status_code == status


def test_text_of_a_guideline_is_no_markup_in_a_card(record: TestClient, services: TestedServices) -> None:
    hostile = "For hypertension in adults <img src=x onerror=alert(1)> [click](javascript:alert(1)) is advised."
    services.shelf = Shelf(passage("h", hostile, of=PRESSURE))
    for card in cards(record.post("/cds-services/evidence-patient-view", json=hook("patient-view"))):
        assert "<img" not in card["detail"] and "[click](" not in card["detail"]


# --- a record that signs its calls ---------------------------------------------------------------------------------


KEY = ECKey.generate_key("P-384", {"kid": "k1", "alg": "ES384", "use": "sig"})
ADDRESS = "http://testserver/cds-services/evidence-patient-view"


@pytest.fixture
def signed(client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]) -> Callable[..., int]:
    """Calls patient-view with a token of these claims."""
    account = account_of(Role.PHYSICIAN)
    with services.db.transaction() as tx:
        add_client(
            tx,
            issuer="https://ehr.example",
            keys={"keys": [KEY.as_dict(private=False)]},
            account=account,
            at=services.clock.now(),
        )
    program = client_as(None)
    del program.headers["origin"]

    def call(*, key: ECKey = KEY, alg: str = "ES384", **changed: Any) -> int:
        now = int(services.clock.now().timestamp())
        claims = {
            "iss": "https://ehr.example",
            "aud": ADDRESS,
            "iat": now,
            "exp": now + 300,
            "jti": str(uuid4()),
            **changed,
        }
        token = jwt.encode({"alg": alg, "kid": "k1", "typ": "JWT"}, claims, key, algorithms=[alg])
        headers = {"authorization": f"Bearer {token}"}
        return program.post(
            "/cds-services/evidence-patient-view", json=hook("patient-view"), headers=headers
        ).status_code

    return call


def test_a_registered_record_is_known_by_its_signature(signed: Callable[..., int]) -> None:
    assert signed() == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://stranger.example"},
        {"aud": "http://testserver/cds-services/evidence-order-sign"},
        {"exp": 1},
        {"iat": 32503680000, "exp": 32503680300},
        {"exp": 32503680000},
        {"jti": ""},
        {"exp": "soon"},
        {"key": ECKey.generate_key("P-384", {"kid": "k1"})},
    ],
)
def test_a_token_that_is_not_quite_right_opens_nothing(signed: Callable[..., int], changed: dict[str, Any]) -> None:
    assert signed(**changed) == 401


def test_a_token_opens_once(signed: Callable[..., int]) -> None:
    assert [signed(jti="same") for _ in range(2)] == [200, 401]


# --- keys that are read from an address ----------------------------------------------------------------------------


@pytest.fixture
def published(client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]) -> Iterator[House]:
    """A record registered by the address of its keys."""
    account = account_of(Role.PHYSICIAN)
    with provider_house() as house:
        with services.db.transaction() as tx:
            add_client(
                tx,
                issuer="https://ehr.example",
                keys=house.keys(),
                keys_address=f"{house.address}/keys",
                account=account,
                at=services.clock.now(),
            )
        yield house


def call_signed(client_as: Clients, services: TestedServices, key: RSAKey, *, path: str = "", **header: Any) -> int:
    program = client_as(None)
    del program.headers["origin"]
    now = int(services.clock.now().timestamp())
    claims = {"iss": "https://ehr.example", "aud": ADDRESS, "iat": now, "exp": now + 300, "jti": str(uuid4())}
    token = jwt.encode({"alg": "RS384", "kid": key.kid, "typ": "JWT", **header}, claims, key, algorithms=["RS384"])
    body = hook("patient-view") if not path else {"feedback": []}
    answer = program.post(
        f"/cds-services/evidence-patient-view{path}", json=body, headers={"authorization": f"Bearer {token}"}
    )
    return answer.status_code


def test_a_key_that_is_new_is_read_from_the_registered_address(
    client_as: Clients, services: TestedServices, published: House
) -> None:
    at = f"{published.address}/keys"
    assert call_signed(client_as, services, published.key, jku=at) == 200
    assert published.asked == []
    published.key = OTHER
    assert [call_signed(client_as, services, OTHER, jku=at) for _ in range(2)] == [200, 200]
    assert published.asked == ["/keys"]


def test_keys_at_another_address_are_never_read(client_as: Clients, services: TestedServices, published: House) -> None:
    with provider_house() as impostor:
        impostor.key = OTHER
        assert call_signed(client_as, services, OTHER, jku=f"{impostor.address}/keys") == 401
        assert impostor.asked == []


def test_the_service_is_named_as_audience_of_its_feedback_too(
    client_as: Clients, services: TestedServices, published: House
) -> None:
    assert (
        call_signed(client_as, services, published.key, path="/feedback") == 422
    )  # past the door: the card is not one


# --- what a hook did not bring ----------------------------------------------------------------------------------------


@pytest.fixture
def fhir(services: TestedServices) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A FHIR server an administrator allowed, and what was asked of it with which token."""
    asked: list[tuple[str, str]] = []
    kept = {"Patient": PATIENT, "AllergyIntolerance": bundle(ALLERGY)}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("authorization", "")))
            found = kept.get(self.path.removeprefix("/r4/").partition("/")[0].partition("?")[0])
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(orjson.dumps(found or {}))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the base class's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    host = f"127.0.0.1:{server.server_port}"
    services.settings = services.settings.model_copy(update={"fhir_hosts": host})
    yield f"http://{host}/r4", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_keys_that_did_not_come_are_read_from_an_allowed_server_with_the_token_given(
    record: TestClient, fhir: tuple[str, list[tuple[str, str]]]
) -> None:
    server, asked = fhir
    request = hook("order-sign", fhirServer=server)
    request["prefetch"] = {"patient": PATIENT, "conditions": None}
    found = cards(record.post("/cds-services/evidence-order-sign", json=request))
    assert found[0]["indicator"] == "critical" and "enicillin" in found[0]["detail"]
    paths = {path.removeprefix("/r4/").partition("?")[0] for path, _ in asked}
    assert paths == {"MedicationRequest", "AllergyIntolerance", "Observation"}  # null was an answer
    assert {token for _, token in asked} == {"Bearer some-opaque-fhir-access-token"}


def test_a_server_nobody_allowed_is_never_called(
    record: TestClient, services: TestedServices, fhir: tuple[str, list[tuple[str, str]]]
) -> None:
    server, asked = fhir
    services.settings = services.settings.model_copy(update={"fhir_hosts": "fhir.example"})
    request = hook("patient-view", fhirServer=server, prefetch={})
    assert record.post("/cds-services/evidence-patient-view", json=request).status_code == 412
    assert asked == []


# --- from a browser, and without a token ----------------------------------------------------------------------------

SANDBOX = "https://sandbox.example"
PREFLIGHT = {
    "origin": SANDBOX,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type",
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "cors",
}
FROM_A_PAGE = {"origin": SANDBOX, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}


@pytest.fixture
def open_to(services: TestedServices) -> Callable[..., None]:
    def change(**settings: str) -> None:
        services.settings = services.settings.model_copy(update=settings)

    return change


def test_a_page_of_a_named_origin_may_call(open_to: Callable[..., None], request: pytest.FixtureRequest) -> None:
    open_to(hooks_origins=f"{SANDBOX}, http://localhost:8080")
    record: TestClient = request.getfixturevalue("record")
    asked = record.options("/cds-services/evidence-patient-view", headers=PREFLIGHT)
    assert asked.status_code == 204 and asked.headers["access-control-allow-origin"] == SANDBOX
    assert "authorization" in asked.headers["access-control-allow-headers"].lower()
    found = record.get("/cds-services", headers=FROM_A_PAGE)
    assert found.status_code == 200 and found.headers["access-control-allow-origin"] == SANDBOX
    answer = record.post("/cds-services/evidence-patient-view", json=hook("patient-view"), headers=FROM_A_PAGE)
    assert cards(answer) and answer.headers["access-control-allow-origin"] == SANDBOX
    assert "access-control-allow-credentials" not in answer.headers


def test_a_page_of_any_other_origin_may_not(open_to: Callable[..., None], request: pytest.FixtureRequest) -> None:
    open_to(hooks_origins="https://other.example")
    record: TestClient = request.getfixturevalue("record")
    for answer in (
        record.options("/cds-services/evidence-patient-view", headers=PREFLIGHT),
        record.get("/cds-services", headers=FROM_A_PAGE),
        record.post("/cds-services/evidence-patient-view", json=hook("patient-view"), headers=FROM_A_PAGE),
    ):
        assert answer.status_code in (403, 405) and "access-control-allow-origin" not in answer.headers


def test_a_named_origin_gets_no_further_than_hooks_and_no_browsers_sign_in(
    open_to: Callable[..., None], request: pytest.FixtureRequest
) -> None:
    open_to(hooks_origins=SANDBOX)
    browser: TestClient = request.getfixturevalue("client_as")(Role.PHYSICIAN)
    del browser.headers["origin"]
    body = hook("patient-view")
    assert browser.post("/cds-services/evidence-patient-view", json=body, headers=FROM_A_PAGE).status_code == 401
    assert browser.post("/api/v1/consults", json={"question": "x"}, headers=FROM_A_PAGE).status_code == 403


def test_on_trial_a_call_without_a_token_is_answered_from_what_it_sent_alone(
    open_to: Callable[..., None], client_as: Clients, patient: str, account_of: Callable[[Role], Account]
) -> None:
    program = client_as(None)
    del program.headers["origin"]
    body = hook("patient-view")
    assert program.post("/cds-services/evidence-patient-view", json=body).status_code == 401
    open_to(hooks_account="a.physician")
    assert program.post("/cds-services/evidence-patient-view", json=body).status_code == 401  # no such account yet
    account_of(Role.PHYSICIAN)
    assert cards(program.post("/cds-services/evidence-patient-view", json=body))
    body["context"]["patientId"] = patient  # kept here, and on nobody's care list
    body["prefetch"] = {}
    assert program.post("/cds-services/evidence-patient-view", json=body).status_code == 412
    assert program.get("/api/v1/consults").status_code == 401


def test_a_summary_is_shorter_than_the_specification_allows(record: TestClient, services: TestedServices) -> None:
    long = "For hypertension in adults " + "and so on " * 30 + "is advised."
    services.shelf = Shelf(passage("long", long, of=PRESSURE))
    for card in cards(record.post("/cds-services/evidence-patient-view", json=hook("patient-view"))):
        assert len(card["summary"]) < 140
