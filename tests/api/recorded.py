"""Watches every request of the tests in this folder: what changes something writes an entry in the audit log."""

import re
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import pytest
from sqlalchemy import event
from starlette.types import ASGIApp, Receive, Scope, Send

from cds.db import Database

# What keeps the doors running and says nothing about care: no entry is wanted for these.
HOUSEKEEPING = {
    "sign_ins": "when somebody was last seen; starting and ending one are entries",
    "sign_in_failures": "so that guessing slows down",
    "openid_attempts": "sign-ins at the provider that are under way; how each ends is an entry",
    "api_tokens": "when a token was last used; making one is an entry",
    "idempotency_keys": "so that a request sent twice is done once",
    "hook_tokens": "so that a token opens once",
    "hook_cards": "which card stands for which recommendation, whose entry says the rest",
    "vectors": "texts embedded, which can be made again",
    "audit_contents": "written with an entry, or emptied with one",
    "audit_head": "moves with an entry",
}
# Also within a statement: PostgreSQL writes an entry and moves the head in one.
_WRITES = re.compile(r"(?:^|\()\s*(?:INSERT(?: OR \w+)? INTO|UPDATE(?: OR \w+)?|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
_asking: ContextVar[str | None] = ContextVar("asking", default=None)


class Asking:
    """Knows, wherever a request leads, which request it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = _asking.set(f"{scope.get('method')} {scope.get('path')}" if scope["type"] == "http" else None)
        try:
            await self.app(scope, receive, send)
        finally:
            _asking.reset(token)


@pytest.fixture(autouse=True)
def every_change_is_recorded(request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """Fails a test in which a request committed a change without an entry."""
    if "app" not in request.fixturenames:
        yield lambda: None
        return
    db: Database = request.getfixturevalue("services").db
    request.getfixturevalue("app").add_middleware(Asking)
    silent: list[str] = []

    @event.listens_for(db.engine, "after_cursor_execute")
    def _note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if cursor.rowcount != 0 and _asking.get():
            connection.info.setdefault("written", set()).update(name.lower() for name in _WRITES.findall(statement))

    @event.listens_for(db.engine, "commit")
    def _judge(connection: Any) -> None:
        written = connection.info.pop("written", set())
        if written - set(HOUSEKEEPING) and "audit_entries" not in written:
            silent.append(f"{_asking.get()}: {', '.join(sorted(written))}")

    @event.listens_for(db.engine, "rollback")
    def _forget(connection: Any) -> None:
        connection.info.pop("written", None)

    def judge() -> None:
        found = silent.copy()
        silent.clear()
        assert found == [], "a request changed something without an entry in the audit log"

    yield judge
    for name, listener in (("after_cursor_execute", _note), ("commit", _judge), ("rollback", _forget)):
        event.remove(db.engine, name, listener)
    judge()
