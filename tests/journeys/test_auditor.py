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
def test_every_page_of_review_fits_a_laptop_and_is_readable_by_everybody(visit: Visit, scheme: str) -> None:
    page = visit(Role.AUDITOR, color_scheme=scheme)
    page.set_viewport_size({"width": 1366, "height": 768})
    found = []
    for path, heading in (
        ("/review?sex=female", "Review"),
        ("/statistics", "Statistics"),
        ("/audit", "Audit log"),
        ("/governance", "Governance card"),
        ("/review/recall", "Recall"),
        ("/audit/1", "Entry 1"),
    ):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        found += findings(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1366, path
    assert found == []


def test_the_statistics_are_drawn(visit: Visit) -> None:
    asking = visit(Role.PHYSICIAN)
    asking.get_by_role("textbox", name=re.compile("^Ask")).fill(QUESTION)
    asking.keyboard.press("Enter")
    expect(asking.locator("article.answer h2")).to_have_text(QUESTION, timeout=30_000)
    page = visit(Role.AUDITOR)
    page.goto("/statistics")
    expect(page.get_by_role("img", name=re.compile("^Consults a day"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Decisions: "))).to_be_visible()
    assert all(box["width"] > 100 for box in (chart.bounding_box() for chart in page.locator("svg[role=img]").all()))


def test_a_search_is_kept_and_the_list_is_taken_away(visit: Visit) -> None:
    page = visit(Role.AUDITOR)
    page.goto("/review")
    page.get_by_label("Decision").select_option("not_decided")
    page.get_by_role("button", name="Show").click()
    page.get_by_label("Keep this search as").fill("Left open")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_role("link", name="Left open").click()
    expect(page.get_by_label("Decision")).to_have_value("not_decided")
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
    assert taken.value.suggested_filename == "recommendations.csv"
    page.get_by_role("button", name="Let go of the search Left open").click()
    expect(page.get_by_role("link", name="Left open")).to_have_count(0)
