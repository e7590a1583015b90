"""Whether what is stored is what was recorded: an edition whose bytes changed answers nothing until it is mended."""

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import Connection, select, update

from cds.actors import Actor
from cds.audit import AuditLog
from cds.db import Database
from knowledge.originals import Originals
from knowledge.tables_guidelines import editions


def unsound_editions(db: Database, originals: Originals) -> dict[str, str]:
    """Editions with what is wrong with them: `original`, `original_absent` or `text`."""
    found: dict[str, str] = {}
    with db.reading() as tx:
        query = select(editions.c.id, editions.c.original_hash, editions.c.text_hash).where(
            editions.c.state != "retracted"
        )
        for edition, original, recorded in tx.execute(query).all():
            whole = originals.is_whole(original)
            text = tx.execute(select(editions.c.text).where(editions.c.id == edition)).scalar_one()
            if whole is not True:
                found[edition] = "original_absent" if whole is None else "original"
            elif sha256(text.encode()).hexdigest() != recorded:
                found[edition] = "text"
    return found


def mark_unsound(
    tx: Connection, unsound: Sequence[str], *, log: AuditLog, actor: Actor | None
) -> tuple[list[str], list[str]]:
    """Take these editions out of answers and put back those that are mended; what was changed."""
    marked = set(tx.execute(select(editions.c.id).where(editions.c.sound.is_(False))).scalars())
    withheld, restored = sorted(set(unsound) - marked), sorted(marked - set(unsound))
    for names, sound, kind in ((withheld, False, "guideline.withheld"), (restored, True, "guideline.restored")):
        for edition in names:
            tx.execute(update(editions).where(editions.c.id == edition).values(sound=sound))
            log.append(tx, kind=kind, actor=actor, subject=edition, details={"why": "hash_mismatch"})
    return withheld, restored
