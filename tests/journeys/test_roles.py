"""What each other role does here, in a real browser, from sign-in to the last click."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from cds.actors import Role
from tests.journeys.test_physician import PNEUMONIA, ask

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]


def test_an_auditor_reads_a_consult_with_a_purpose_and_verifies_the_log(visit: Visit) -> None:
    physician = visit(Role.PHYSICIAN)
    ask(physician, PNEUMONIA)
    consult = physician.url.rsplit("/", 1)[-1]
    physician.keyboard.press("a")
    expect(physician.locator("#decision")).to_contain_text("Accepted")

    auditor = visit(Role.AUDITOR)
    auditor.get_by_role("link", name="Review", exact=True).click()
    expect(auditor.get_by_role("heading", level=1)).to_be_visible()
    auditor.goto(f"/review/{consult}")
    expect(auditor.get_by_text(PNEUMONIA)).to_have_count(0)  # nothing is read before a purpose is stated
    auditor.locator("main form button").first.click()
    expect(auditor.get_by_text(PNEUMONIA).first).to_be_visible()
    expect(auditor.get_by_text(re.compile("accepted", re.IGNORECASE)).first).to_be_visible()

    auditor.get_by_role("link", name="Audit log", exact=True).click()
    auditor.get_by_role("button", name=re.compile("verify", re.IGNORECASE)).first.click()
    expect(auditor.get_by_role("main")).to_contain_text(re.compile(r"\d+ entries", re.IGNORECASE))
    expect(auditor.get_by_role("main")).to_contain_text("Nothing was altered")


def test_a_librarian_sees_the_library_and_what_is_missing(visit: Visit) -> None:
    physician = visit(Role.PHYSICIAN)
    ask(physician, "Which compound eases the squeak of a garden gate hinge?")
    physician.get_by_label("Tell the librarian").fill("Garden gates")
    physician.get_by_role("button", name="Tell the librarian").click()
    expect(physician.get_by_text("The librarian was told")).to_be_visible()

    librarian = visit(Role.LIBRARIAN)
    librarian.get_by_role("link", name="Library", exact=True).click()
    expect(librarian.get_by_role("main")).to_contain_text("Community-acquired pneumonia")
    librarian.get_by_role("link", name="Gaps").click()
    expect(librarian.get_by_role("main")).to_contain_text("Garden gates")


@pytest.mark.parametrize("role", list(Role))
def test_every_place_in_the_bar_opens(visit: Visit, role: Role) -> None:
    page = visit(role)
    addresses = [
        link.get_attribute("href") for link in page.get_by_role("navigation", name="Places").get_by_role("link").all()
    ]
    assert addresses
    for address in addresses:
        answer = page.goto(str(address))
        assert answer is not None and answer.status == 200, address
        expect(page.get_by_role("heading", level=1)).to_be_attached()
