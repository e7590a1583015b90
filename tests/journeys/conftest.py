"""Journeys go through the doors only: the command line as typed, the service as served."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from filelock import FileLock
from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize, sync_playwright

from api.cli import main
from cds.actors import Role
from tests.journeys.serving import PASSWORD, Service, add_people, served

SAMPLES = Path(__file__).parents[2] / "ingest" / "samples"


@dataclass(frozen=True)
class Ran:
    """How one command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)


Command = Callable[..., Ran]


@pytest.fixture
def cds(capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process, where the network is refused."""

    def run(*arguments: str) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ran(status=int(ended.value.code or 0), out=out, err=err)

    return run


@pytest.fixture(scope="session")
def loaded_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample library and patients in it, loaded once for all test workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "loaded"
    with FileLock(shared / "loaded.lock"):
        if not folder.exists():
            partial = shared / "loading"
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("CDS_DATA", str(partial))
                patch.setenv("CDS_MODEL", "none")
                for command in (
                    ["guidelines", str(SAMPLES / "library"), "--publish"],
                    ["records", str(SAMPLES / "patients")],
                ):
                    with pytest.raises(SystemExit) as ended:
                        main(["ingest", *command, "--json"])
                    assert ended.value.code in (0, None)
            partial.rename(folder)
    return folder


@pytest.fixture
def data(loaded_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the loaded data folder for one test, named in the environment; no model."""
    folder = tmp_path / "cds"
    shutil.copytree(loaded_data, folder)
    monkeypatch.setenv("CDS_DATA", str(folder))
    monkeypatch.setenv("CDS_MODEL", "none")
    return folder


@pytest.fixture
def empty_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder named in the environment; no model."""
    monkeypatch.setenv("CDS_DATA", str(tmp_path / "cds"))
    monkeypatch.setenv("CDS_MODEL", "none")
    return tmp_path / "cds"


@pytest.fixture(scope="session")
def service(loaded_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service with the samples, one account a role, and no model, started once for a test worker."""
    folder = tmp_path_factory.mktemp("served") / "cds"
    shutil.copytree(loaded_data, folder)
    add_people(folder)
    with served(folder) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Real Chromium, where there is one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine: install the package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, service: Service) -> Iterator[Callable[..., Page]]:
    """Opens a fresh browser at the service, signed in as a role; ends by asserting that nothing went wrong in it."""
    watched: list[Watch] = []

    def visit(role: Role | None = None, **context: Any) -> Page:
        size: ViewportSize = context.pop("viewport", {"width": 1280, "height": 860})
        opened = chromium.new_context(base_url=service.address, ignore_https_errors=True, viewport=size, **context)
        page = opened.new_page()
        stay_under(service.address, page)
        watched.append(Watch(page, service.address))
        page.goto("/sign-in")
        if role is not None:
            page.get_by_label("Name").fill(role)
            page.get_by_label("Password").fill(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(lambda address: "/sign-in" not in address)
        return page

    yield visit
    for watch in watched:
        watch.page.context.close()
        assert watch.problems == []


def stay_under(base: str, page: Page) -> None:
    """Let a journey name addresses as the service does: a browser would drop the prefix a proxy serves it under."""
    parts = urlsplit(base)

    def whole(address: str) -> str:
        under = f"{parts.scheme}://{parts.netloc}" if parts.path and address.startswith(f"{parts.path}/") else base
        return f"{under}{address}" if address.startswith("/") else address

    go, get = page.goto, page.request.get
    page.goto = lambda address, **more: go(whole(address), **more)  # type: ignore[method-assign]
    page.request.get = lambda address, **more: get(whole(address), **more)  # type: ignore[method-assign]


class Watch:
    """Notes what no page may do: leave the origin, write to the console, break its content policy."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("request", lambda request: self._check(request.url, origin))
        page.on("console", lambda message: self._note(message))
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "info":
            return  # Chromium's own word on autofocus, when a test types faster than a person
        if not message.location["url"].endswith("/absent"):  # the page that is asked for because it is not there
            self.problems.append(f"{message.type}: {message.text} {message.location['url']}")

    def _check(self, address: str, origin: str) -> None:
        if not address.startswith(origin):
            self.problems.append(f"left the origin: {address}")
