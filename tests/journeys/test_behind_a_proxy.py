"""The journeys once more with the service under a path prefix, behind a proxy that ends TLS.

Whatever a page asks for outside the prefix is the proxy's own 404, which the browser writes to its console; that fails.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from cds.actors import Role
from tests.journeys.proxy import proxied
from tests.journeys.serving import Service, add_people, served

# Collected here again, they run with this module's `service`.
from tests.journeys.test_auditor import *  # noqa: F403
from tests.journeys.test_physician import *  # noqa: F403
from tests.journeys.test_physician import PNEUMONIA, ask
from tests.journeys.test_roles import *  # noqa: F403
from tests.journeys.test_sharing import test_a_decision_made_together  # noqa: F401

pytestmark = pytest.mark.browser
PREFIX = "/care/cds"


@pytest.fixture(scope="module")
def service(loaded_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service as a hospital reaches it."""
    folder = tmp_path_factory.mktemp("proxied")
    shutil.copytree(loaded_data, folder / "cds")
    add_people(folder / "cds")
    with (
        served(folder / "cds", CDS_ROOT_PATH=PREFIX) as running,
        proxied(running.address.removesuffix(PREFIX), prefix=PREFIX, folder=folder) as address,
    ):
        yield Service(address, running.log)


def test_the_sign_in_is_bound_to_the_host_and_every_address_to_the_prefix(visit: Callable[..., Page]) -> None:
    page = visit(Role.PHYSICIAN)
    ask(page, PNEUMONIA)
    cookie = next(one for one in page.context.cookies() if one["name"] == "__Host-cds")
    assert cookie["secure"] and cookie["httpOnly"] and cookie["path"] == "/"
    addresses = page.evaluate(
        "[...document.querySelectorAll('a[href], form, link[href], script[src]')]"
        ".map((one) => new URL(one.href || one.action || one.src).pathname)"
    )
    assert addresses and all(address.startswith(f"{PREFIX}/") for address in addresses)
    page.goto("/reference")
    described = page.evaluate(
        "async () => (await fetch(document.querySelector('a[href$=\"openapi.json\"]').href)).json()"
    )
    assert described["servers"] == [{"url": PREFIX}]
    expect(page.get_by_role("heading", level=1)).to_be_visible()
