"""Whatever is appended, aborted, signed and reopened, the log verifies; whatever is altered by SQL, it does not."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import event, text

from cds.audit import AuditLog
from cds.audit.checkpoints import Checkpointer
from cds.audit.note import SigningKey
from cds.audit.tables import contents, entries, head
from cds.audit.verify import Report, verify
from cds.clock import FixedClock
from cds.db import Database, metadata, sqlite_engine
from tests.conftest import NOW

DETAILS = st.dictionaries(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(lambda key: key != "content"),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**53) + 1, 2**53 - 1),
        st.text(st.characters(codec="utf-8"), max_size=20),
        st.lists(st.text(st.characters(codec="utf-8"), max_size=5), max_size=3),
    ),
    max_size=4,
)
ATTACKS = {
    "edit": "UPDATE audit_entries SET entry = replace(entry, 'test.done', 'test.lone') WHERE seq = :seq",
    "relabel": "UPDATE audit_entries SET kind = 'another.kind' WHERE seq = :seq",
    "reassign": "UPDATE audit_entries SET actor = 'somebody else' WHERE seq = :seq",
    "delete": "DELETE FROM audit_entries WHERE seq = :seq",
    "move": "UPDATE audit_entries SET seq = 1000000 WHERE seq = :seq",
    "truncate": "DELETE FROM audit_entries WHERE seq >= :seq",
    "leaf": "UPDATE audit_entries SET leaf = replace(replace(leaf, '1', 'x'), '0', '1') WHERE seq = :seq",
    "text": "UPDATE audit_contents SET body = body || ' and more' WHERE seq = :seq",
    "behead": "DELETE FROM audit_head WHERE :seq > 0",
    "head": "UPDATE audit_head SET size = size - 1 WHERE :seq > 0",
}


# A folder in memory where there is one: syncing to a disk would be most of the time.
_MEMORY = Path("/dev/shm")


class Log(RuleBasedStateMachine):
    """One log in one file, and checkpoints held in a folder of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="log-", dir=_MEMORY if _MEMORY.is_dir() else None))
        self.log = AuditLog(clock=FixedClock(NOW))
        self.key = SigningKey(name="cds/test", seed=b"\x07" * 32)
        self.count = 0
        self.texts: set[int] = set()
        self.open()

    def open(self) -> None:
        engine = sqlite_engine(self.folder / "log.db", key="ab" * 32)

        @event.listens_for(engine, "connect")
        def _quick(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA synchronous = OFF")  # what is tried here is order, not power loss

        self.db = Database(engine)
        self.writer = Checkpointer(self.db, folder=self.folder / "held", key=self.key, clock=FixedClock(NOW))

    @initialize()
    def make(self) -> None:
        with self.db.transaction() as tx:
            metadata.create_all(tx, tables=[entries, head, contents])

    @rule(details=DETAILS, body=st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
    def append(self, details: dict[str, Any], body: str | None) -> None:
        with self.db.transaction() as tx:
            made = self.log.append(tx, kind="test.done", actor=None, subject="s", details=details, content=body)
        self.count += 1
        assert made.seq == self.count
        if body is not None:
            self.texts.add(made.seq)

    @rule(number=st.integers(1, 3))
    def abort(self, number: int) -> None:
        try:
            with self.db.transaction() as tx:
                for _ in range(number):
                    self.log.append(tx, kind="test.lost", actor=None, subject="s", content="lost")
                raise KeyError
        except KeyError:
            pass

    @rule()
    def sign(self) -> None:
        made = self.writer.write()
        assert made is None or made.size == self.count

    @rule()
    def reopen(self) -> None:
        self.db.close()
        self.open()

    @precondition(lambda self: self.count > 0)
    @rule(attack=st.sampled_from(sorted(ATTACKS)), data=st.data())
    def attack(self, attack: str, data: st.DataObject) -> None:
        if attack == "text" and not self.texts:
            return
        seq = data.draw(st.sampled_from(sorted(self.texts)) if attack == "text" else st.integers(1, self.count))
        with self.db.engine.connect() as connection, connection.begin() as tx:
            for name in (
                connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            ):
                connection.execute(text(f"DROP TRIGGER {name}"))
            connection.execute(text(ATTACKS[attack]), {"seq": seq})
            report = self.report(connection)
            tx.rollback()
        assert report.fault is not None, attack
        if attack not in ("behead", "head"):
            assert report.fault.seq == seq, attack

    def report(self, connection: Any) -> Report:
        held = self.folder / "held"
        return verify(connection, checkpoints=held if held.exists() else None, key=self.key.verifier)

    @invariant()
    def verifies(self) -> None:
        if not hasattr(self, "count") or not self.db:
            return
        with self.db.reading() as tx:
            if tx.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'audit_contents'")).scalar():
                report = self.report(tx)
                assert report.ok and report.entries == self.count, report

    def teardown(self) -> None:
        self.db.close()
        shutil.rmtree(self.folder)


TestLog = Log.TestCase
TestLog.settings = settings(
    max_examples=200, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
