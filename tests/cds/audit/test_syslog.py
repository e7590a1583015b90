"""Checkpoints at a syslog collector: real sockets, and the proof read back from what was collected."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cds.audit import AuditLog
from cds.audit.checkpoints import Checkpointer, signing_key
from cds.audit.syslog import notes_in, syslog_message, syslog_sender
from cds.audit.verify import verify
from cds.clock import FixedClock
from cds.db import Database
from tests.cds.audit.test_verify import Site

Collector = tuple[str, Callable[[], bytes]]


@pytest.fixture(params=["udp", "unix datagrams", "unix stream"])
def collector(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A socket as a collector opens it: its address as a setting, and what arrived there."""
    if request.param == "udp":
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.bind(("127.0.0.1", 0))
        address = f"udp://127.0.0.1:{listening.getsockname()[1]}"
    else:
        kind = socket.SOCK_DGRAM if request.param == "unix datagrams" else socket.SOCK_STREAM
        listening = socket.socket(socket.AF_UNIX, kind)
        path = tmp_path_factory.mktemp("log") / "s"
        listening.bind(str(path))
        address = f"unix:{path}"
    listening.settimeout(10)
    if request.param == "unix stream":
        listening.listen()

    def received() -> bytes:
        if request.param != "unix stream":
            return listening.recv(65536)
        with closing(listening.accept()[0]) as connection:
            return connection.recv(65536)

    with closing(listening):
        yield address, received


def test_a_checkpoint_arrives_as_a_syslog_message_with_its_signed_note(
    collector: Collector, db: Database, clock: FixedClock, tmp_path: Path
) -> None:
    address, received = collector
    key, log = signing_key(tmp_path), AuditLog(clock=clock)
    tell = syslog_sender(address, clock=clock)
    writer = Checkpointer(db, folder=tmp_path / "checkpoints", key=key, clock=clock, tell=tell)
    with db.transaction() as tx:
        log.append(tx, kind="test.done", actor=None, subject="s")
    assert writer.write() is not None
    message = received()
    assert message.startswith(b"<109>1 2026-11-21T09:00:00.000000Z ") and b" evidence-cds " in message
    assert notes_in(message) == [(tmp_path / "checkpoints" / "000000000001.checkpoint").read_bytes()]


@pytest.fixture
def site(db: Database, clock: FixedClock, tmp_path: Path) -> Site:
    return Site(db, clock, tmp_path / "site")


@pytest.fixture
def collected(site: Site, clock: FixedClock, tmp_path: Path) -> Path:
    """What a collector keeps of the site's two checkpoints, among lines of others."""
    lines = [b"<13>1 - host other 1 - - nothing of ours note=abc="]
    lines += [syslog_message(path.read_text(), clock) for path in sorted(site.outside.glob("*.checkpoint"))]
    path = tmp_path / "audit.log"
    path.write_bytes(b"\n".join([*lines, b"the end"]) + b"\n")
    return path


def test_a_log_is_verified_against_what_syslog_collected(site: Site, collected: Path) -> None:
    with site.db.reading() as tx:
        report = verify(tx, checkpoints=collected, key=site.public)
    assert report.ok and report.checkpoints == 2


def test_what_was_cut_off_is_found_from_what_syslog_collected(site: Site, collected: Path) -> None:
    site.sql("DELETE FROM audit_entries WHERE seq > 7", "DELETE FROM audit_contents WHERE seq > 7")
    with site.db.reading() as tx:
        report = verify(tx, checkpoints=collected, key=site.public)
    assert report.fault is not None and (report.fault.code, report.fault.seq) == ("entry_missing", 8)


def test_a_collector_that_is_away_stops_nothing(
    clock: FixedClock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    syslog_sender(f"unix:{tmp_path / 'nobody'}", clock=clock)("note")
    assert "could not be sent" in caplog.text
