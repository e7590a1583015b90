"""Deciding together in two real browsers: the physician's and the patient's phone."""

import contextlib
import html
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, ViewportSize, expect
from playwright.sync_api import Error as PlaywrightError

from cds.actors import Role
from tests.journeys.serving import PASSWORD, add_people, served

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
PHONE: ViewportSize = {"width": 390, "height": 844}
QUESTION = "Should a person with atrial fibrillation take an anticoagulant to prevent a stroke?"


def open_session(page: Page, question: str = QUESTION) -> None:
    page.goto("/consults/new")
    page.get_by_role("textbox", name=re.compile("^Ask")).fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("article.answer h2")).to_have_text(question, timeout=30_000)
    page.get_by_role("button", name="Decide together").click()
    expect(page.get_by_role("heading", name="Shared decision", exact=True)).to_be_visible()


def invite(page: Page) -> str:
    page.get_by_role("button", name="Invite the patient").click()
    return page.locator("p.code").inner_text()


def join(physician: Page, patient: Page) -> None:
    code = invite(physician)
    patient.goto("/join")
    patient.get_by_label("Code").fill(code.lower())
    patient.keyboard.press("Enter")
    sign = patient.locator(".sign").inner_text()
    expect(physician.locator(".sign")).to_have_text(sign)
    physician.get_by_role("button", name="Yes, let them in").click()
    expect(patient.get_by_text("You are in")).to_be_visible()


def findings(page: Page) -> list[str]:
    results = Axe().run(page).response
    return [
        f"{page.url}: {found['id']} ({found['impact']}) {[node['target'] for node in found['nodes']][:3]}"
        for found in results["violations"]
        if found["impact"] in ("serious", "critical")
    ]


class Wire:
    """Everything the patient's browser was sent: pages, parts, files, and the lines of the event stream."""

    def __init__(self, page: Page) -> None:
        self.bodies: list[str] = []
        page.on("requestfinished", self._keep)
        page.on("domcontentloaded", lambda page: self.bodies.append(page.content()))
        told = page.context.new_cdp_session(page)
        told.send("Network.enable")
        told.on("Network.eventSourceMessageReceived", lambda message: self.bodies.append(str(message)))

    def _keep(self, request: Request) -> None:
        response = request.response()
        kind = response.headers.get("content-type", "") if response else ""
        if response and response.status < 300 and kind.startswith(("text/html", "application/json")):
            # A page that was left at once is gone from the browser's memory; its content was kept when it was drawn.
            with contextlib.suppress(PlaywrightError):
                self.bodies.append(response.text())

    def held(self, words: str) -> bool:
        return any(words in body for body in self.bodies)

    def leaks(self, physician: Page) -> list[str]:
        """Texts of the grid that this browser was sent although none of the items released so far holds them."""
        session = physician.url.rsplit("/", 1)[1]
        known = physician.request.get(f"/api/v1/sessions/{session}").json()
        lines = [line for option in known["grid"]["options"] for cell in option["cells"] for line in cell["lines"]]
        texts = {line["text"] for line in (*lines, *known["grid"]["topics"])}
        texts |= {line["citation"]["quote"] for line in lines if line["citation"]}
        texts |= {option["name"] + "<" for option in known["grid"]["options"]}
        released = html.unescape("\n".join(map(json.dumps, known["released"]))).encode().decode("unicode_escape")
        hidden = [text for text in texts if text.rstrip("<") not in released]
        assert len(hidden) + len(known["released"]) > 0
        return [text for text in hidden if any(text in html.unescape(body) for body in self.bodies)]


def cell(page: Page, label: str) -> None:
    page.get_by_role("button", name=f"Show the patient: {label}").click()


def test_a_decision_made_together(visit: Visit) -> None:
    physician = visit(Role.PHYSICIAN)
    patient = visit()
    patient.set_viewport_size(PHONE)
    wire = Wire(patient)
    open_session(physician)
    join(physician, patient)
    found = findings(physician) + findings(patient)

    physician.get_by_label("Why it is shown although").fill("The library does not say what it is like.")
    cell(physician, "Warfarin, What it may do for you")
    options = patient.get_by_role("region", name="Your options")
    expect(options.get_by_role("heading", name="Warfarin")).to_be_visible()
    expect(options.get_by_role("img", name=re.compile("2 in 100"))).to_be_visible()
    physician.wait_for_timeout(300)
    assert wire.held("take warfarin") and not wire.held("INR") and not wire.held("major bleed")
    assert wire.leaks(physician) == []

    patient.get_by_label("Ask a question").fill("What checks does warfarin need?")
    patient.get_by_role("button", name="Ask", exact=True).click()
    expect(physician.get_by_role("heading", name="Asks: What checks does warfarin need?")).to_be_visible()
    physician.get_by_role("button", name="Ask the library").click()
    expect(physician.get_by_role("link", name="Open the checked answer")).to_be_visible(timeout=30_000)
    assert not wire.held("INR")
    physician.get_by_role("button", name="Show the answer").click()
    expect(patient.locator(".asked .said").first).to_be_visible()

    physician.locator("summary", has_text=re.compile("^Edit The health problem")).click()
    box = physician.get_by_role("textbox", name="The health problem")
    box.fill("Your heart flutters. This can cause a stroke.")
    physician.locator(".topic", has=box).get_by_role("button", name="Keep").click()
    expect(physician.get_by_text("Your heart flutters.").first).to_be_visible()
    assert not wire.held("flutters")
    assert wire.leaks(physician) == []
    physician.get_by_label("Why it is shown although").fill("The library does not say what it is like.")
    physician.get_by_role("button", name="Show the patient everything").click()
    expect(patient.get_by_text("Your heart flutters.")).to_be_visible()
    expect(patient.get_by_text("Our library does not say.").first).to_be_visible()

    stroke = patient.get_by_role("group", name="Have a stroke in one year")
    stroke.get_by_text("Most of all").click()
    expect(physician.locator(".ratings")).to_contain_text("Most of all: have a stroke in one year")
    for question in patient.locator('[data-part="sure"] fieldset').all():
        question.get_by_text("Yes").click()
    patient.locator('[data-part="sure"]').get_by_role("button", name="Send").click()
    expect(physician.get_by_role("heading", name="Ready to choose? (SURE)")).to_be_visible()
    found += findings(physician) + findings(patient)
    assert patient.evaluate("document.documentElement.scrollWidth <= innerWidth")

    physician.locator("select[name=choice]").select_option("Warfarin")
    physician.get_by_label("Next steps").fill("First blood test on Monday.")
    physician.get_by_role("button", name="Record the decision").click()
    expect(patient.locator(".decided")).to_have_text("Warfarin")
    patient.get_by_role("button", name="Yes, this is what we decided").click()
    expect(physician.get_by_text("the patient said yes")).to_be_visible()
    for question in patient.locator('[data-part="talk"] fieldset').all():
        question.get_by_text("9", exact=True).click()
    patient.locator('[data-part="talk"]').get_by_role("button", name="Send").click()
    expect(physician.get_by_role("heading", name="How the talk went")).to_be_visible()

    patient.get_by_role("link", name="Page to take home").click()
    expect(patient.get_by_role("button", name="Print")).to_be_visible()
    expect(patient.locator(".decided")).to_have_text("Warfarin")
    found += findings(patient)
    with patient.expect_download() as file:
        patient.get_by_role("link", name="Save as PDF").click()
    assert Path(file.value.path()).read_bytes().startswith(b"%PDF")
    assert found == [] and wire.leaks(physician) == []


def reach(page: Page, wanted: str, *, most: int = 120) -> None:
    """By the Tab key alone to the control that says this."""
    said = """() => {
        const at = document.activeElement;
        if (at === document.body || at.tagName === "MAIN") return "";
        const label = at.labels?.length ? at.labels[0].innerText : "";
        return [at.getAttribute("aria-label") ?? "", at.innerText ?? "", label].join("|");
    }"""
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted in page.evaluate(said):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", wanted
            return
    raise AssertionError(f"the Tab key never reaches {wanted!r}")


def test_a_session_by_keyboard_alone(visit: Visit) -> None:
    physician, patient = visit(Role.PHYSICIAN), visit()
    open_session(physician)
    reach(physician, "Invite the patient")
    physician.keyboard.press("Enter")
    code = physician.locator("p.code").inner_text()
    patient.goto("/join")
    expect(patient.locator("input[autofocus]")).to_be_focused()
    patient.keyboard.type(code)
    patient.keyboard.press("Enter")
    sign = patient.locator(".sign").inner_text()
    expect(physician.locator(".sign")).to_have_text(sign)
    reach(physician, "Yes, let them in")
    physician.keyboard.press("Enter")
    expect(patient.get_by_text("You are in")).to_be_visible()
    if physician.get_by_label("Why it is shown although").count():
        reach(physician, "Why it is shown although")
        physician.keyboard.type("Only this for now.")
    reach(physician, "Show the patient all of: Warfarin")
    physician.keyboard.press("Enter")
    expect(patient.get_by_role("heading", name="Warfarin")).to_be_visible()
    reach(patient, "Not at all")
    patient.keyboard.press("ArrowRight")
    expect(physician.locator(".ratings")).to_contain_text("A little")
    reach(patient, "Ask a question")
    patient.keyboard.type("Can I drive?")
    reach(patient, "Ask")
    patient.keyboard.press("Enter")
    expect(physician.get_by_role("heading", name="Asks: Can I drive?")).to_be_visible()
    reach(patient, "Leave")
    patient.keyboard.press("Enter")
    expect(patient.get_by_role("heading", name="You have left")).to_be_visible()


def test_a_phone_that_speaks_spanish(visit: Visit) -> None:
    physician, patient = visit(Role.PHYSICIAN), visit(locale="es-ES")
    patient.set_viewport_size(PHONE)
    open_session(physician)
    patient.goto("/join")
    patient.get_by_label("Código").fill(invite(physician))
    patient.get_by_role("button", name="Entrar").click()
    physician.get_by_role("button", name="Yes, let them in").click()
    expect(patient.get_by_text("Ya está dentro")).to_be_visible()
    expect(physician.get_by_text("Their device is set to Español")).to_be_visible()
    physician.get_by_label("Why it is shown although").fill("Only this for now.")
    physician.get_by_role("button", name="Show the patient all of: Warfarin").click()
    expect(patient.get_by_role("heading", name="Qué puede salir mal")).to_be_visible()
    assert patient.locator("html").get_attribute("lang") == "es"
    found = findings(patient)
    patient.get_by_label("Idioma").select_option("de")
    patient.get_by_role("button", name="Cambiar").click()
    expect(patient.get_by_role("heading", name="Was schiefgehen kann")).to_be_visible()
    assert found + findings(patient) == []


def test_joining_and_leaving_pages_are_accessible(visit: Visit) -> None:
    physician, patient = visit(Role.PHYSICIAN), visit(color_scheme="dark")
    patient.set_viewport_size(PHONE)
    open_session(physician)
    patient.goto("/join")
    found = findings(patient)
    join(physician, patient)
    physician.goto("/sessions")
    found += findings(physician)
    patient.get_by_role("button", name="Leave").click()
    expect(patient.get_by_role("heading", name="You have left")).to_be_visible()
    found += findings(patient)
    assert found == []


def test_both_pages_carry_on_after_the_service_was_stopped(
    chromium: Browser, loaded_data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "cds"
    shutil.copytree(loaded_data, folder)
    add_people(folder)
    with served(folder) as service:
        physician = chromium.new_context(base_url=service.address).new_page()
        patient = chromium.new_context(base_url=service.address, viewport=PHONE).new_page()
        physician.goto("/sign-in")
        physician.get_by_label("Name").fill(Role.PHYSICIAN)
        physician.get_by_label("Password").fill(PASSWORD)
        physician.keyboard.press("Enter")
        physician.wait_for_url(lambda address: "/sign-in" not in address)
        open_session(physician)
        join(physician, patient)
    patient.get_by_label("Ask a question").fill("Is anybody there?")
    patient.get_by_role("button", name="Ask", exact=True).click()
    expect(patient.get_by_role("alert")).to_contain_text("goes out by itself")
    with served(folder, port=int(service.address.rsplit(":", 1)[1])):
        expect(physician.get_by_role("heading", name="Asks: Is anybody there?")).to_be_visible(timeout=30_000)
        expect(patient.get_by_text("You asked: Is anybody there?")).to_be_visible(timeout=30_000)
        expect(patient.get_by_role("alert")).to_be_hidden()
        physician.get_by_label("Why it is shown although").fill("Only the decision for now.")
        physician.get_by_role("button", name="Show the patient: The decision").click()
        expect(patient.get_by_role("heading", name="The decision")).to_be_visible()
        expect(physician.get_by_role("heading", name=re.compile("^Asks"))).to_have_count(1)
    physician.context.close()
    patient.context.close()
