"""Makes the picture of the README: a consult on the sample library, in real Chromium.

cds demo --port 8471 &
python docs/screenshots.py http://127.0.0.1:8471 PASSWORD-OF-THE-DEMO-PHYSICIAN
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
QUESTION = "Should she take an anticoagulant, and which one?"


def main(address: str, password: str) -> None:
    """Sign in, choose a patient, ask, open a citation, take the picture."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1360, "height": 900}, base_url=address)
        page.goto("/sign-in")
        page.get_by_label("Name").fill("physician")
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Choose a patient").first.click()
        page.get_by_role("link", name="Rosalind Achebe").click()
        page.get_by_role("textbox", name="Ask").fill(QUESTION)
        page.keyboard.press("Enter")
        take(page, IMAGES / "consult.png")
        browser.close()


def take(page: Page, path: Path) -> None:
    """The answer with its first citation opened on the printed page."""
    page.locator("article.answer").wait_for(timeout=120_000)
    page.locator("article.answer .mark").first.click()
    page.locator(".leaf image").wait_for(timeout=15_000)
    page.wait_for_timeout(1000)  # the picture of the page is drawn
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=path)


if __name__ == "__main__":
    main(*sys.argv[1:])
