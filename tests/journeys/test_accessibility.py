"""Every page held against axe-core, in the light and in the dark, at a desk and on a tablet."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from cds.actors import Role

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
SCHEMES = ("light", "dark")


def findings(page: Page) -> list[str]:
    results = Axe().run(page).response
    return [
        f"{page.url}: {found['id']} ({found['impact']}) {[node['target'] for node in found['nodes']][:3]}"
        for found in results["violations"]
        if found["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_consult_page(visit: Visit, scheme: str) -> None:
    page = visit(Role.PHYSICIAN, color_scheme=scheme)
    found = findings(page)
    page.get_by_role("button", name="Choose a patient").first.click()
    found += findings(page)
    page.get_by_role("link", name="Amina").click()
    found += findings(page)
    page.get_by_role("textbox", name="Ask").fill("Is ramipril safe in pregnancy?")
    page.keyboard.press("Enter")
    expect(page.locator("article.answer")).to_be_visible(timeout=30_000)
    for summary in page.locator("article.answer summary").all():
        if summary.locator("..").get_attribute("open") is None:
            summary.click()
    page.locator("[data-unfold]").first.click()
    found += findings(page)
    page.keyboard.press("Escape")
    page.locator('[data-key="o"]').click()
    expect(page.locator("#decision")).to_contain_text("Overridden")
    found += findings(page)
    assert found == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("role", "path"),
    [
        (None, "/sign-in"),
        (None, "/absent"),
        (Role.PHYSICIAN, "/consults"),
        (Role.PHYSICIAN, "/account"),
        (Role.PHYSICIAN, "/reference"),
        (Role.PHYSICIAN, "/patients"),
        (Role.PHYSICIAN, "/sessions"),
        (Role.LIBRARIAN, "/gaps"),
        (Role.LIBRARIAN, "/library"),
        (Role.AUDITOR, "/review"),
        (Role.AUDITOR, "/statistics"),
        (Role.AUDITOR, "/governance"),
        (Role.AUDITOR, "/emergencies"),
        (Role.ADMINISTRATOR, "/audit"),
    ],
)
def test_a_page(visit: Visit, role: Role | None, path: str, scheme: str) -> None:
    page = visit(role, color_scheme=scheme)
    page.goto(path)
    assert findings(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_patients_page_and_my_account(visit: Visit, scheme: str) -> None:
    page = visit(Role.PHYSICIAN, color_scheme=scheme)
    page.goto("/patients")
    page.locator("table.rows a[href*='/patients/']").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    found = findings(page)
    page.goto("/account")
    page.get_by_text("Make a token").click()
    page.get_by_label("What it is for").fill("chat page")
    page.get_by_label("search").check()
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_text("it is not shown again")).to_be_visible()
    assert found + findings(page) == []


def test_a_tablet_needs_no_sideways_scrolling(visit: Visit) -> None:
    page = visit(Role.PHYSICIAN)
    for width in (768, 1024, 1280):
        page.set_viewport_size({"width": width, "height": 1024})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
