"""An auditor's afternoon in a real browser: find a consult, say why, read it, replay it, verify the log."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from cds.actors import Role

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
QUESTION = "Which antibiotic should I start for community-acquired pneumonia of low severity?"


def findings(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [f"{page.url}: {v['id']} {[n['target'] for n in v['nodes']][:2]}" for v in violations]


def test_from_a_question_to_the_proof_that_nothing_was_altered(visit: Visit) -> None:
    asking = visit(Role.PHYSICIAN)
    asking.get_by_role("textbox", name=re.compile("^Ask")).fill(QUESTION)
    asking.keyboard.press("Enter")
    expect(asking.locator("article.answer h2")).to_have_text(QUESTION, timeout=30_000)
    asking.locator('[data-key="a"]').click()
    expect(asking.locator("#decision")).to_contain_text("Accepted")

    page = visit(Role.AUDITOR)
    expect(page.get_by_role("heading", name="Review", level=1)).to_be_visible()
    found = findings(page)
    page.locator("table.rows a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Why do you read this consult?")
    expect(page.locator("main")).not_to_contain_text("pneumonia")
    found += findings(page)
    page.get_by_role("button", name="Routine review of quality").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(QUESTION)
    expect(page.locator("main")).to_contain_text("Accepted")
    found += findings(page)

    page.get_by_role("button", name="Replay").click()
    expect(page.locator("main")).to_contain_text("The same evidence was found again", timeout=30_000)
    page.get_by_label("Mark").select_option("incomplete")
    page.get_by_label("Comment").fill("Says nothing of allergy")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("#notes")).to_contain_text("Says nothing of allergy")

    page.get_by_role("link", name="Audit log").click()
    expect(page.locator("table.rows")).to_contain_text("review.noted")
    found += findings(page)
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was altered")
    found += findings(page)
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_statistics_and_the_card_are_readable_by_everybody(visit: Visit, scheme: str) -> None:
    page = visit(Role.AUDITOR, color_scheme=scheme)
    found = []
    for path, heading in (
        ("/statistics", "Statistics"),
        ("/governance", "Governance card"),
        ("/review/recall", "Recall"),
        ("/audit/1", "Entry 1"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        found += findings(page)
    assert found == []
