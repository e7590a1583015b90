"""A hundred texts that would run or tell, in every field a text can come from: nothing runs, nothing leaves.

The texts are in tests/data/payloads, named by kind. What they would run is a function of the suite's own; where they
would send is a host that does not exist. The last tests show that the watch sees both when pages do not escape.
"""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import yaml
from playwright.sync_api import Browser, Page, Route, expect

from api.auth.accounts import add_account
from api.auth.passwords import Passwords
from api.cli import main
from api.services import services_from_environment
from cds.actors import Role
from tests.journeys.serving import PASSWORD, Service, add_people, served

pytestmark = pytest.mark.browser
LINES = (Path(__file__).parents[1] / "data/payloads/payloads.jsonl").read_text().splitlines()
PAYLOADS: list[str] = [orjson.loads(line)["text"] for line in LINES]
EVIL = "evil.example"
DONE = (200, 204)
# What a payload would call; and what the browser itself says of a page that tried.
WATCHING = """
window.pwned = () => console.error("a payload ran");
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
});
"""


class Watched:
    """One browser in which every sign of a payload at work is noted."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 860})
        self.context.add_init_script(WATCHING)
        self.signs: list[str] = []
        self.origin = origin
        self.context.on("console", lambda told: self.signs.append(f"{told.page and told.page.url}: {told.text}"))
        self.context.on("weberror", lambda error: self.signs.append(f"an error: {error.error}"))
        self.context.on("dialog", lambda dialog: (self.signs.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        self.context.on("request", lambda request: self._check(request.url))
        self.page: Page = self.context.new_page()
        self.page.on("popup", lambda popup: self.signs.append(f"a window from {self.page.url}"))

    def _check(self, address: str) -> None:
        if not address.startswith((self.origin, "about:", "blob:")):
            self.signs.append(f"asked for {address[:80]} from {self.page.url}")

    def look(self, path: str) -> str:
        """Open a page, let the pointer and the keyboard pass over it, and give its text."""
        answer = self.page.goto(self.origin + path)
        assert answer is not None and answer.status == 200, path
        self.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        self.page.mouse.move(400, 300)
        self.page.keyboard.press("Tab")
        return self.page.locator("body").inner_text()

    def sign_in(self, name: str) -> None:
        self.page.goto(f"{self.origin}/sign-in")
        self.page.get_by_label("Name").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda address: "/sign-in" not in address)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service in which every guideline, patient, note and account was written by somebody who means harm."""
    base = tmp_path_factory.mktemp("hostile")
    library, records, folder = base / "library", base / "records", base / "cds"
    library.mkdir()
    records.mkdir()
    for at in range(0, len(PAYLOADS), 4):
        four = " ".join(PAYLOADS[at : at + 4])
        name = f"{at:03} {four}".replace("/", "∕").replace("\n", " ").encode()[:200].decode(errors="ignore")
        lines = [
            f"For palsy number {at + more} in adults offer amlodipine {payload} once daily.\n\n"
            for more, payload in enumerate(PAYLOADS[at : at + 4])
        ]
        (library / f"{name}.txt").write_text("".join(lines))
        about = {"title": four, "publisher": four, "version": str(at), "published": "2026-01-01"}
        (library / f"{name}.yaml").write_text(yaml.safe_dump(about))
    for number, payload in enumerate(PAYLOADS):
        (records / f"{number}.json").write_bytes(
            orjson.dumps(bundle(number, payload, PAYLOADS[number // 10 * 10 :][:10]))
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDS_DATA", str(folder))
        patch.setenv("CDS_MODEL", "none")
        for command in (["guidelines", str(library), "--publish"], ["records", str(records)]):
            with pytest.raises(SystemExit) as ended:
                main(["ingest", *command, "--json"])
            assert ended.value.code in (0, None, 3)
    add_people(folder)
    services = services_from_environment({"CDS_DATA": str(folder), "CDS_MODEL": "none"})
    with services.db.transaction() as tx:
        add_account(
            tx,
            name="hostile",
            display=PAYLOADS[12],
            roles=set(Role),
            password=Passwords().hash(PASSWORD),
            at=services.clock.now(),
        )
    services.close()
    with served(folder) as running:
        yield running


def bundle(number: int, name: str, texts: list[str]) -> dict[str, Any]:
    """A patient called by a payload; every tenth one has payloads in every kind of line of the chart."""
    person = {"reference": f"Patient/p{number}"}
    resources: list[dict[str, Any]] = [
        {
            "resourceType": "Patient",
            "id": f"p{number}",
            "identifier": [{"system": "urn:house", "value": f"h{number}"}],
            "name": [{"text": name, "family": name}],
            "gender": "female",
            "birthDate": "1950-01-01",
        }
    ]
    for at, text in enumerate(texts if number % 10 == 0 else ()):
        active = {"coding": [{"code": "active"}]}
        resources += [
            {
                "resourceType": "Condition",
                "id": f"c{number}-{at}",
                "subject": person,
                "clinicalStatus": active,
                "code": {"text": text},
            },
            {
                "resourceType": "AllergyIntolerance",
                "id": f"a{number}-{at}",
                "patient": person,
                "clinicalStatus": active,
                "code": {"text": text},
                "reaction": [{"manifestation": [{"text": text}]}],
            },
            {
                "resourceType": "MedicationRequest",
                "id": f"m{number}-{at}",
                "status": "active",
                "intent": "order",
                "subject": person,
                "medicationCodeableConcept": {"text": text},
                "dosageInstruction": [{"text": text}],
            },
            {
                "resourceType": "DocumentReference",
                "id": f"d{number}-{at}",
                "status": "current",
                "type": {"text": text},
                "date": "2026-10-19T12:00:00Z",
                "subject": person,
                "content": [
                    {
                        "attachment": {
                            "contentType": "text/plain",
                            "title": text,
                            "data": base64.b64encode(f"Seen today. {text} Palsy.".encode()).decode(),
                        }
                    }
                ],
            },
        ]
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


@pytest.fixture(scope="module")
def asked(hostile: Service) -> list[str]:
    """A consult for each payload: in the question, the decision, its comment, and what the librarian is told."""
    consults = []
    with httpx.Client(base_url=hostile.address, headers={"origin": hostile.address}, timeout=60) as client:
        client.post("/sign-in", data={"name": "physician", "password": PASSWORD})
        patients = client.get("/api/v1/patients").json()["patients"]
        rich = [one["id"] for one in patients if one["notes"]]
        assert len(patients) == 100 and len(rich) == 10
        for number, payload in enumerate(PAYLOADS):
            question = f"Which medicine for palsy number {number} in adults {payload}"
            body = {"question": question, **({"patient": rich[number % 10]} if number % 2 else {})}
            made = client.post("/api/v1/consults", json=body)
            assert made.status_code == 201, made.text
            consults.append(made.json()["id"])
            decision = {"choice": "modified", "final_text": payload, "comment": payload}
            assert client.post(f"/api/v1/consults/{consults[-1]}/decisions", json=decision).status_code == 201
            told = client.post(f"/consults/{consults[-1]}/gap", data={"text": payload})
            assert told.status_code == 303
    return consults


@pytest.fixture
def watched(chromium: Browser, hostile: Service) -> Iterator[Watched]:
    made = Watched(chromium, hostile.address)
    yield made
    made.context.close()


def test_a_physicians_pages_show_them_as_text(watched: Watched, asked: list[str]) -> None:
    watched.sign_in("physician")
    shown = "".join(watched.look(f"/consults/{consult}") for consult in asked)
    assert all(" ".join(payload.split()) in " ".join(shown.split()) for payload in PAYLOADS)
    patients = watched.look("/patients")
    links = [one.get_attribute("href") for one in watched.page.locator("table.rows a[href^='/patients/']").all()]
    for link in links[::10]:
        watched.look(str(link))
        watched.look(f"/consults/new?patient={str(link).rsplit('/', 1)[-1]}")
    page: str | None = "/consults"
    while page:
        watched.look(page)
        older = watched.page.get_by_role("link", name="Older")
        page = older.get_attribute("href") if older.count() else None
    watched.look("/library")
    assert len(links) == 100 and PAYLOADS[0] in patients
    assert watched.signs == []


def test_a_consult_that_runs_shows_them_as_text(watched: Watched) -> None:
    watched.sign_in("hostile")
    page = watched.page
    for payload in PAYLOADS[::20]:
        page.goto(f"{watched.origin}/consults/new")
        question = f"Which medicine for palsy in adults {payload}"
        page.get_by_role("textbox", name=re.compile("^Ask")).fill(question)
        page.keyboard.press("Enter")
        expect(page.locator("article.answer h2")).to_have_text(question, timeout=30_000)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for unfold in page.locator("[data-unfold]").all():
            unfold.click()
    assert watched.signs == []


def test_a_shared_session_shows_them_as_text(chromium: Browser, watched: Watched, asked: list[str]) -> None:
    watched.sign_in("physician")
    page = watched.page
    page.goto(f"{watched.origin}/consults/{asked[0]}")
    page.get_by_role("button", name="Decide together").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    session = page.url
    send = """async ([address, form]) =>
        (await fetch(address, {method: "POST", body: new URLSearchParams(form)})).status"""
    for payload in PAYLOADS[:6]:
        assert page.evaluate(send, [f"{session}/options", {"name": payload[:120]}]) in DONE
    page.goto(session)
    page.get_by_role("button", name="Invite the patient").click()
    code = page.locator("p.code").inner_text()
    patient = Watched(chromium, watched.origin)
    patient.page.goto(f"{watched.origin}/join")
    patient.page.get_by_label("Code").fill(code)
    patient.page.keyboard.press("Enter")
    page.get_by_role("button", name="Yes, let them in").click()
    expect(patient.page.get_by_text("You are in")).to_be_visible()
    for payload in PAYLOADS:
        for what in ("questions", "notes"):
            assert patient.page.evaluate(send, [f"{watched.origin}/shared/{what}", {"text": payload}]) in DONE
    for path in ("/shared", "/shared/print"):
        patient.look(path)
    for path in ("", "/print"):
        seen = watched.look(session.removeprefix(watched.origin) + path)
        assert path or PAYLOADS[-2] in seen
    assert watched.signs + patient.signs == []
    patient.context.close()


@pytest.mark.usefixtures("asked")
def test_the_pages_of_the_other_roles_show_them_as_text(watched: Watched) -> None:
    watched.sign_in("hostile")
    assert PAYLOADS[12] in watched.look("/account")
    library = watched.look("/library")
    assert sum(" ".join(payload.split()) in " ".join(library.split()) for payload in PAYLOADS) > 80
    links = [one.get_attribute("href") for one in watched.page.locator("main table a").all()]
    for link in links[:: max(1, len(links) // 20)]:
        watched.look(str(link))
    assert PAYLOADS[0] in watched.look("/gaps")
    for path in ("/review", "/statistics", "/governance", "/audit", "/emergencies", "/reference", "/sessions"):
        watched.look(path)
    watched.look("/review")
    watched.page.locator("table.rows a[href*='/review/']").first.click()
    watched.page.locator("main form button").first.click()
    expect(watched.page.get_by_role("heading", level=1)).to_contain_text("palsy")
    assert watched.signs == []


# --- the proof that the watch sees --------------------------------------------------------------------------------


def leaky(watched: Watched, html: str, *, policy: str | None) -> tuple[list[str], list[str]]:
    """What the watch notes on a page that does not escape, and what of it went out to fetch something."""
    left: list[str] = []

    def answer(route: Route) -> None:
        headers = {"content-security-policy": policy} if policy else {}
        route.fulfill(status=200, content_type="text/html", headers=headers, body=f"<!doctype html><p>{html}</p>")

    def go_out(route: Route) -> None:
        # No content policy keeps a page from being led away; that is what escaping is for.
        if not route.request.is_navigation_request():
            left.append(route.request.url)
        route.abort()

    watched.signs.clear()
    page = watched.context.new_page()
    page.route("**/leaky", answer)
    page.route(f"**://{EVIL}/**", go_out)
    page.goto(f"{watched.origin}/leaky", wait_until="commit")
    page.wait_for_timeout(60)
    page.close()
    return list(watched.signs), left


def test_the_watch_sees_what_runs_and_what_leaves_where_a_page_does_not_escape(watched: Watched) -> None:
    seen = [payload for payload in PAYLOADS if any(leaky(watched, payload, policy=None))]
    assert len(seen) > 50


def test_where_a_text_is_not_escaped_the_content_policy_still_holds_and_reports(
    watched: Watched, hostile: Service
) -> None:
    policy = httpx.get(f"{hostile.address}/sign-in").headers["content-security-policy"]
    reported = 0
    for payload in PAYLOADS:
        signs, left = leaky(watched, payload, policy=policy)
        assert not left and not [sign for sign in signs if "a payload ran" in sign], payload
        reported += any("policy:" in sign for sign in signs)
    assert reported > 30
