import threading
from pathlib import Path

import pytest

from cds.audit import AuditLog
from cds.audit.verify import verify
from cds.clock import FixedClock
from cds.db import Database, open_database


@pytest.mark.parametrize("apart", [False, True], ids=["one service", "services of their own"])
def test_sixteen_writers_make_one_chain_without_gap_or_fork(
    db: Database, clock: FixedClock, tmp_path: Path, apart: bool
) -> None:
    log, failed = AuditLog(clock=clock), []

    def connect() -> Database:
        if not apart:
            return db
        address = "sqlite" if db.dialect == "sqlite" else db.engine.url.render_as_string(hide_password=False)
        return open_database(address, data=tmp_path / "data")

    def write(number: int) -> None:
        mine = connect()
        try:
            for one in range(6):
                with mine.transaction() as tx:
                    log.append(tx, kind="test.done", actor=None, subject=f"{number}-{one}")
                    if one % 3 == 0:
                        log.append(tx, kind="test.done", actor=None, subject=f"{number}-{one}-again")
        except Exception as error:
            failed.append(error)
        finally:
            if mine is not db:
                mine.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with db.reading() as tx:
        report = verify(tx)
    assert report.ok and report.entries == 16 * 8
