"""What the service runs with, in the log: an entry when a setting or the model is another than before."""

from typing import Any

from sqlalchemy import Connection, make_url

from cds.audit import AuditLog
from cds.audit.listing import EntryFilter, list_entries
from cds.db import Database
from cds.language_model import LanguageModel
from cds.settings import Settings

SETTINGS_CHANGED, MODEL_CHANGED = "settings.changed", "model.changed"


def note_settings(db: Database, log: AuditLog, settings: Settings, *, software: str) -> None:
    """An entry with every setting and which of them changed; none when all are as they were at the last start."""
    said = {name: _written(name, value) for name, value in settings} | {"software": software}
    with db.transaction() as tx:
        before = _newest(tx, SETTINGS_CHANGED).get("settings", {})
        changed = sorted(name for name in said.keys() | before.keys() if said.get(name) != before.get(name))
        if changed:
            details = {"settings": said, "changed": changed}
            log.append(tx, kind=SETTINGS_CHANGED, actor=None, subject="settings", details=details)


def note_model(db: Database, log: AuditLog, model: LanguageModel | None) -> None:
    """An entry when another model answers from now on."""
    found = model.identity if model is not None else None
    said: dict[str, Any] = {
        "digest": found.digest if found else None,
        "name": found.name if found else None,
        "runtime": found.runtime if found else None,
    }
    with db.reading() as tx:
        if said["digest"] == _newest(tx, MODEL_CHANGED).get("digest"):
            return
    with db.transaction() as tx:
        before = _newest(tx, MODEL_CHANGED)
        if said["digest"] != before.get("digest"):
            details = said | {"before": before.get("digest")}
            log.append(tx, kind=MODEL_CHANGED, actor=None, subject="model", details=details)


def _newest(tx: Connection, kind: str) -> dict[str, Any]:
    found, _ = list_entries(tx, EntryFilter(kind=kind), limit=1)
    return found[0].details if found else {}


def _written(name: str, value: object) -> str | None:
    if name == "database" and str(value).startswith("postgresql"):
        return make_url(str(value)).render_as_string(hide_password=True)
    return None if value is None else str(value)
