"""A physician's consult in a real browser, by keyboard, from sign-in to the last click."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cds.actors import Role

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
PNEUMONIA = "Which antibiotic should I start for community-acquired pneumonia of low severity?"


def choose(page: Page, name: str) -> None:
    page.keyboard.press("Tab")  # out of the field, where single keys are letters
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("p")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Patient")).to_contain_text(name)


def ask(page: Page, question: str) -> None:
    page.get_by_role("textbox", name=re.compile("^Ask")).fill(question)
    page.keyboard.press("Enter")
    expect(page.locator("article.answer h2")).to_have_text(question, timeout=30_000)


def test_a_whole_consult_by_keyboard(visit: Visit) -> None:
    page = visit(Role.PHYSICIAN)
    choose(page, "Rosalind")
    strip = page.get_by_role("region", name="Patient")
    expect(strip).to_contain_text("Ramipril")
    expect(strip).to_contain_text("eGFR")
    ask(page, PNEUMONIA)
    expect(page).to_have_url(re.compile(r"/consults/[0-9a-z]{26}$"))
    expect(page.locator("#evidence .card").first).to_be_visible()

    number = page.locator("article.answer .mark").first.inner_text()
    page.keyboard.press(number)
    opened = page.locator(f"#p-{number}")
    expect(opened).to_have_class(re.compile(r"\bopen\b"))
    expect(opened.locator(".lit").first).to_be_visible()
    expect(opened).to_contain_text("edition")

    page.keyboard.press("o")
    expect(page.locator("#decision")).to_contain_text("Overridden")
    page.get_by_role("button", name="Contraindicated in this patient").click()
    expect(page.locator("#decision")).to_contain_text("Contraindicated in this patient")

    first = page.url.partition("#")[0]
    ask(page, "And how long should the antibiotic be given?")
    page.keyboard.press("a")
    expect(page.locator("#decision")).to_contain_text("Accepted")
    assert page.url != first
    page.get_by_text(PNEUMONIA).click()
    page.get_by_role("link", name="Open it").click()
    expect(page).to_have_url(first)

    page.get_by_role("link", name="My consults").click()
    rows = page.get_by_role("row")
    expect(rows.nth(1)).to_contain_text("Accepted")
    expect(rows.nth(2)).to_contain_text("Overridden")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto(first)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_modified_answer_is_kept_as_it_was_changed(visit: Visit) -> None:
    page = visit(Role.PHYSICIAN)
    ask(page, PNEUMONIA)
    page.keyboard.press("m")
    page.get_by_label("What you will do instead").fill("Doxycycline, since the patient is travelling.")
    page.get_by_role("button", name="Record as modified").click()
    expect(page.locator("#decision .final")).to_have_text("Doxycycline, since the patient is travelling.")


def test_a_question_that_the_library_does_not_answer(visit: Visit) -> None:
    page = visit(Role.PHYSICIAN)
    ask(page, "How should I repair the chain of my bicycle after riding in the rain?")
    expect(page.locator("article.answer")).to_contain_text("The library does not answer this")
    expect(page.locator(".statements")).to_have_count(0)
    page.get_by_role("button", name="Tell the librarian").click()
    expect(page.locator("article.answer")).to_contain_text("The librarian was told")


def test_a_sign_in_that_ended_leads_back_to_the_same_page(visit: Visit) -> None:
    page = visit(Role.PHYSICIAN)
    ask(page, PNEUMONIA)
    at = page.url
    page.context.clear_cookies()
    page.goto(at)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Name").fill("physician")
    page.get_by_label("Password").fill("a quiet winter morning")
    page.keyboard.press("Enter")
    expect(page).to_have_url(at)


def test_the_copied_text_carries_its_citations(visit: Visit) -> None:
    page = visit(Role.PHYSICIAN, permissions=["clipboard-read", "clipboard-write"])
    ask(page, PNEUMONIA)
    page.keyboard.press("c")
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert PNEUMONIA in copied and "Sources:" in copied and ", page " in copied
