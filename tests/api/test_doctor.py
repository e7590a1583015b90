"""The doctor names each fault by a stable code, says what to do, and changes nothing."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from api.auth.accounts import add_account
from api.doctor import CHECKS, examine, to_json
from api.doctor.machine import egress, is_of_the_house
from api.services import Services
from cds.actors import Role, local_operator
from cds.audit.tables import guard_statements
from cds.clock import FixedClock
from cds.settings import Settings
from tests.conftest import NOW

OPERATOR = local_operator("suite")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a migrated database, one administrator and a few entries."""
    folder = tmp_path_factory.mktemp("installed") / "cds"
    folder.mkdir(mode=0o700)
    made = Services(Settings(data=folder, model="none"), clock=FixedClock(NOW))
    with closing(made), made.db.transaction() as tx:
        add_account(tx, name="ada", display="Ada", roles={Role.ADMINISTRATOR}, password=None, at=NOW)
        for number in range(3):
            made.log.append(tx, kind="library.tested", actor=OPERATOR, subject=f"thing-{number}", details={})
    return folder


@pytest.fixture
def examined(installed: Path, tmp_path: Path) -> Iterator[Callable[..., dict[str, str]]]:
    """Examines a copy of the installation after something was done to it: the states by code."""
    folder = tmp_path / "cds"
    shutil.copytree(installed, folder)
    opened: list[Services] = []

    def run(spoil: Callable[[Services], None] = lambda services: None, **settings: object) -> dict[str, str]:
        given = Settings.model_validate({"data": folder, "model": "none", **settings})
        services = Services(given, clock=FixedClock(NOW))
        opened.append(services)
        spoil(services)
        return {finding.code: finding.state for _, finding in examine(services)}

    yield run
    for services in opened:
        services.close()


def by_sql(*statements: str) -> Callable[[Services], None]:
    def spoil(services: Services) -> None:
        with services.db.transaction() as tx:
            for statement in statements:
                tx.execute(text(statement))

    return spoil


def unguarded(*statements: str) -> Callable[[Services], None]:
    """As an attacker with the file and its key would: the triggers are dropped first."""
    names = [statement.split()[2] for statement in guard_statements("sqlite")]
    return by_sql(*(f"DROP TRIGGER {name}" for name in names), *statements)


def test_every_part_is_looked_at_and_an_installation_without_faults_has_none(installed: Path) -> None:
    with closing(Services(Settings(data=installed, model="none"), clock=FixedClock(NOW))) as services:
        found = examine(services)
    assert {name for name, _ in found} == set(CHECKS)
    assert {one.code for _, one in found if one.state == "bad"} == {"library_empty"}
    assert to_json(found)["ok"] is False


def test_what_is_wrong_comes_with_what_to_do(examined: Callable[..., dict[str, str]], installed: Path) -> None:
    with closing(Services(Settings(data=installed, model="none"), clock=FixedClock(NOW))) as services:
        assert all(one.do and one.code != "ok" for _, one in examine(services) if one.state != "good")


@pytest.mark.parametrize(
    ("code", "spoil", "state"),
    [
        ("readable_by_others", lambda s: (s.settings.data / "database.key").chmod(0o644), "bad"),
        ("demonstration", lambda s: (s.settings.data / "demo-sign-ins.json").touch(mode=0o600), "look"),
        ("database_newer", by_sql("UPDATE alembic_version SET version_num = '9999'"), "bad"),
        ("columns_differ", unguarded("UPDATE audit_entries SET entry = replace(entry, 'thing-1', 'thing-7')"), "bad"),
        ("no_administrator", by_sql("UPDATE accounts SET disabled = 1"), "look"),
        ("no_backup", lambda s: None, "look"),
        ("checkpoints_here_only", lambda s: None, "look"),
    ],
)
def test_a_fault_is_named(
    code: str, spoil: Callable[[Services], None], state: str, examined: Callable[..., dict[str, str]]
) -> None:
    assert examined(spoil).get(code) == state


def test_a_clock_that_went_back_is_named(examined: Callable[..., dict[str, str]]) -> None:
    def go_back(services: Services) -> None:
        services.clock = FixedClock(NOW - timedelta(hours=1))

    assert examined(go_back)["clock_behind"] == "bad"


def test_a_full_disk_is_named(examined: Callable[..., dict[str, str]]) -> None:
    def fill(services: Services) -> None:
        services.free_bytes = lambda: 1 << 20  # type: ignore[method-assign]

    assert examined(fill)["no_disk_space"] == "bad"


def test_a_second_folder_of_checkpoints_that_is_not_there_is_named(
    examined: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    assert examined(checkpoints=tmp_path / "unmounted")["no_second_folder"] == "bad"


def test_a_model_server_that_is_away_is_named(examined: Callable[..., dict[str, str]]) -> None:
    found = examined(model="http://127.0.0.1:1/v1", model_name="any")
    assert found["model_unavailable"] == "bad"


def test_nothing_is_made_where_there_is_no_installation(tmp_path: Path) -> None:
    folder = tmp_path / "absent"
    with closing(Services(Settings(data=folder, model="none"))) as services:
        assert [one.code for _, one in examine(services) if one.state == "bad"] == ["no_data_folder"]
        assert not folder.exists()
        folder.mkdir(mode=0o700)
        assert [one.code for _, one in examine(services) if one.state == "bad"] == ["database_empty"]
        assert list(folder.iterdir()) == []


def test_hosts_outside_the_house_and_proxies_are_named(tmp_path: Path) -> None:
    hosts = "10.0.0.7:8080,fhir.internal:80"
    settings = Settings(data=tmp_path, model="http://models.example.com/v1", fhir_hosts=hosts)
    found = [one.code for one in egress(Services(settings), {"HTTPS_PROXY": "http://proxy"})]
    assert sorted(found) == ["host_outside", "ok", "ok", "proxy_set"]


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1", True),
        ("10.1.2.3", True),
        ("gpu-host", True),
        ("gpu.internal", True),
        ("8.8.8.8", False),
        ("models.example.com", False),
        ("::1", True),
    ],
)
def test_an_address_of_the_house_is_told_from_one_outside(host: str, ours: bool) -> None:
    assert is_of_the_house(host) is ours
