"""How long a physician waits at the doors, and how much comes over the wire: one table, in real Chromium and over HTTP.

python -m tests.benchmarks.doors            loads the sample library aside, serves it, measures, keeps the figures
python -m tests.benchmarks.doors --data DIR  the same on a data folder that is loaded already (a copy is used)
"""

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, sync_playwright

from api.cli import main as cds
from cds.actors import Role
from tests.benchmarks.results import keep
from tests.journeys.serving import PASSWORD, add_people, served

SAMPLES = Path(__file__).parents[2] / "ingest" / "samples"
QUESTIONS = (
    "Which antibiotic for low-severity community-acquired pneumonia?",
    "What is the blood pressure target under 80 years?",
    "Should metformin be stopped at an eGFR of 25?",
    "Is ramipril safe in pregnancy?",
    "Who needs anticoagulation in atrial fibrillation?",
    "First-line treatment of a urinary tract infection?",
    "How fast must antibiotics be given in sepsis?",
    "When should a statin be offered?",
    "Which inhaler first in asthma?",
    "How long is anticoagulation after a pulmonary embolism?",
)
ROUNDS, VISITS = 10, 40
PAGES: dict[Role, tuple[str, ...]] = {
    Role.PHYSICIAN: ("/consults/new", "/consults", "/patients", "/library", "/sessions", "/account", "/reference"),
    Role.LIBRARIAN: ("/library", "/gaps"),
    Role.AUDITOR: ("/review", "/statistics", "/governance", "/audit", "/emergencies"),
}
EVIDENCE_MS, PAGE_MS, FIRST_VISIT_KB = 500, 150, 300
# From the key to the passages on the page, by the browser's own clock.
STOPWATCH = """() => new Promise((done) => {
  let began = 0;
  document.querySelector("#question").addEventListener("keydown", (event) => {
    if (event.key === "Enter") began = performance.now();
  }, { capture: true });
  new MutationObserver((_, watching) => {
    if (!document.querySelector("#evidence .card")) return;
    watching.disconnect();
    requestAnimationFrame(() => { window.waited = performance.now() - began; });
  }).observe(document.querySelector("#evidence"), { childList: true });
  done();
})"""


def main(data: Path | None) -> None:
    """Measure, print, keep."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "cds"
        if data is None:
            load(folder)
        else:
            shutil.copytree(data, folder)
        add_people(folder)
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        with served(folder) as service, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            first = first_visit(browser, service.address)
            waited, whole = consults(browser, service.address)
            browser.close()
            pages = {
                f"{path} ({role})": timed(service.address, role, path)
                for role, paths in PAGES.items()
                for path in paths
            }
    tell(first, waited, whole, pages)


def load(folder: Path) -> None:
    """The sample library and patients."""
    import os

    os.environ |= {"CDS_DATA": str(folder), "CDS_MODEL": "none"}
    for words in (["guidelines", str(SAMPLES / "library"), "--publish"], ["records", str(SAMPLES / "patients")]):
        try:
            cds(["ingest", *words, "--json"])
        except SystemExit as ended:
            if ended.code:
                raise


def first_visit(browser: Browser, address: str) -> float:
    """Kilobytes over the wire from an empty cache to the page on which a physician asks."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    bytes_ = 0

    def count(event: dict[str, Any]) -> None:
        nonlocal bytes_
        bytes_ += int(event["encodedDataLength"])

    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", count)
    sign_in(page, address)
    page.wait_for_load_state("networkidle")
    context.close()
    return bytes_ / 1000


def consults(browser: Browser, address: str) -> tuple[list[float], list[float]]:
    """Milliseconds from Enter to the passages, and to the recorded answer."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    sign_in(page, address)
    waited, whole = [], []
    for question in QUESTIONS * ROUNDS:
        page.goto(f"{address}/consults/new")
        page.fill("#question", question)
        page.evaluate(STOPWATCH)
        began = time.perf_counter()
        page.keyboard.press("Enter")
        page.wait_for_selector("article.answer")
        waited.append(float(page.evaluate("window.waited")))
        whole.append((time.perf_counter() - began) * 1000)
    context.close()
    return waited, whole


def sign_in(page: Any, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("Name").fill("physician")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda at: "/sign-in" not in at)


def timed(address: str, role: Role, path: str) -> list[float]:
    """Milliseconds of one page, as HTTP."""
    with httpx.Client(base_url=address, headers={"origin": address}, timeout=60) as client:
        client.post("/sign-in", data={"name": role, "password": PASSWORD})
        return [
            clocked(lambda: client.get(path, headers={"accept": "text/html"}).raise_for_status()) for _ in range(VISITS)
        ]


def clocked(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def tell(first: float, waited: list[float], whole: list[float], pages: dict[str, list[float]]) -> None:
    """The table, and the three figures that were promised."""
    rows = {"evidence on the page after Enter": waited, "answer recorded, quoted": whole, **pages}
    found = {what: percentiles(values) for what, values in rows.items()}
    print(f"{'what':<44}{'p50 ms':>8}{'p95 ms':>8}")
    for what, (middle, high) in found.items():
        print(f"{what:<44}{middle:>8.0f}{high:>8.0f}")
    slowest = max(pages, key=lambda what: found[what][1])
    promised = (
        ("evidence on the page, p95", found["evidence on the page after Enter"][1], EVIDENCE_MS, "ms"),
        (f"slowest other page, p95: {slowest}", found[slowest][1], PAGE_MS, "ms"),
        ("first visit", first, FIRST_VISIT_KB, "kB"),
    )
    print(f"\n{'promised':<58}{'measured':>10}{'at most':>9}")
    for what, measured, most, unit in promised:
        print(f"{what:<58}{measured:>7.0f} {unit}{most:>6} {unit}{'' if measured <= most else '  NOT KEPT'}")
    figures = {
        "ms": {what: {"p50": middle, "p95": high} for what, (middle, high) in found.items()},
        "first_visit_kb": first,
        "kept": {what: measured <= most for what, measured, most, _ in promised},
    }
    print(f"\nkept in {keep('doors', figures)}")


def percentiles(values: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(values, n=20)
    return cuts[9], cuts[18]


if __name__ == "__main__":
    given = sys.argv[sys.argv.index("--data") + 1] if "--data" in sys.argv else None
    main(Path(given) if given else None)
