"""Signing in at somebody else's identity provider, in a real browser: oidc-provider-mock, in a process of its own."""

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.journeys.serving import Service, served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The provider, with one person whom it puts into two groups."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = tmp_path_factory.mktemp("provider") / "log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"],
            stdout=written,
            stderr=written,
        )
    try:
        _wait(address, process, log)
        person = {
            "preferred_username": "amara.okafor",
            "name": "Dr. Amara Okafor",
            "email": "amara@riverside.example",
            "groups": ["staff", "ward-a"],
        }
        assert httpx.put(f"{address}/users/f2-81", json=person).status_code == 204
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _wait(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            httpx.get(f"{address}/.well-known/openid-configuration").raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"the provider did not start:\n{log.read_text()}")


@pytest.fixture(scope="module")
def service(loaded_data: Path, provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service, set up for that provider."""
    folder = tmp_path_factory.mktemp("openid") / "cds"
    shutil.copytree(loaded_data, folder)
    secret = folder / "openid-secret"
    secret.write_text("a secret between the two")
    with served(
        folder,
        CDS_OPENID_ISSUER=provider,
        CDS_OPENID_CLIENT="cds",
        CDS_OPENID_SECRET_FILE=str(secret),
        CDS_OPENID_NAME="Riverside sign-in",
        CDS_OPENID_ROLES="physician=ward-a",
    ) as running:
        yield running


@pytest.fixture
def page(chromium: Browser, service: Service) -> Iterator[Page]:
    context = chromium.new_context(base_url=service.address)
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda told: problems.append(f"{told.text} {told.location['url']}"))
    yield page
    context.close()
    refused = f"{service.address}/sign-in/provider/back"  # the browser writes a refusal's status to its console
    assert [one for one in problems if service.address in one and refused not in one] == []


def sign_in_there(page: Page, person: str) -> None:
    page.get_by_role("link", name="Sign in with Riverside sign-in").click()
    page.locator("input[name=sub]").fill(person)
    page.get_by_role("button", name=re.compile("authori[sz]e|sign in|continue", re.IGNORECASE)).first.click()


def test_there_and_back_and_out_again(page: Page, service: Service, provider: str) -> None:
    page.goto("/consults")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    sign_in_there(page, "f2-81")
    page.wait_for_url(f"{service.address}/consults")
    expect(page.get_by_role("link", name="Dr. Amara Okafor")).to_be_visible()
    cookies = {one["name"] for one in page.context.cookies(service.address)}
    assert "cds" in cookies and "cds-attempt" not in cookies
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile(re.escape(provider)))
    page.get_by_role("button").first.click()
    page.wait_for_url(f"{service.address}/sign-in")
    page.goto("/account")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_somebody_without_a_role_is_told_so(page: Page) -> None:
    page.goto("/sign-in")
    sign_in_there(page, "somebody-else")
    expect(page.get_by_role("alert")).to_contain_text("gives you no role here")
    expect(page.get_by_role("alert")).to_contain_text("no_role")
    expect(page.get_by_role("link", name="Sign in with Riverside sign-in")).to_be_visible()


def test_a_refusal_at_the_provider_leads_back_with_a_sentence(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("link", name="Sign in with Riverside sign-in").click()
    page.get_by_role("button", name=re.compile("deny|cancel", re.IGNORECASE)).click()
    expect(page.get_by_role("alert")).to_contain_text("did not sign you in")
