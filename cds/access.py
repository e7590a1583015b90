"""Who may read a patient's record: the only place that makes a `PatientScope`. Every opening is an audit entry."""

from sqlalchemy import Connection, delete, exists, insert, select

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.clock import Clock
from cds.errors import Conflict, Denied, InvalidInput, NotFound
from cds.patient import _GRANT, PatientScope
from cds.tables_access import care_list, emergency_access, patients

# "x" is no reason; a word or two is the least an auditor can judge.
SHORTEST_REASON = 8
LONGEST_REASON = 1000


def open_patient(tx: Connection, actor: Actor, patient_id: str, *, clock: Clock, log: AuditLog) -> PatientScope:
    """The right to read this patient's record, recorded as it is given; `NotFound` when there is none."""
    reason = _reason(tx, actor, patient_id, clock=clock)
    if reason is None:
        raise _not_found()
    if not tx.get_execution_options().get("cds_writes"):
        raise RuntimeError("opening a record is itself recorded: it needs a transaction, not a reading")
    log.append(tx, kind="record.opened", actor=actor, subject=patient_id, details={"because": reason})
    return PatientScope(patient_id, actor=actor.id, reason=reason, grant=_GRANT)


def patients_of(tx: Connection, actor: Actor, *, clock: Clock) -> tuple[str, ...]:
    """The patients whose records this actor may open now, oldest first."""
    wanted = select(patients.c.id).order_by(patients.c.id)
    if not _is_local(actor):
        if not actor.is_a(Role.PHYSICIAN):
            return ()
        listed = select(care_list.c.patient).where(care_list.c.actor == actor.id)
        now = clock.now()
        emergency = select(emergency_access.c.patient).where(
            emergency_access.c.actor == actor.id,
            emergency_access.c.ended.is_(None),
            emergency_access.c.at <= now,
            emergency_access.c.until > now,
        )
        wanted = wanted.where(patients.c.id.in_(listed.union(emergency)))
    return tuple(tx.scalars(wanted))


def add_to_care_list(tx: Connection, actor_id: str, patient_id: str, *, by: Actor, clock: Clock, log: AuditLog) -> bool:
    """Let this physician open this patient's record; False when it was so already."""
    _require_registrar(by)
    require_patient(tx, patient_id)
    mine = (care_list.c.actor == actor_id) & (care_list.c.patient == patient_id)
    if tx.scalar(select(exists().where(mine))):
        return False
    tx.execute(insert(care_list).values(actor=actor_id, patient=patient_id, since=clock.now(), added_by=by.id))
    log.append(tx, kind="care_list.added", actor=by, subject=patient_id, details={"physician": actor_id})
    return True


def remove_from_care_list(tx: Connection, actor_id: str, patient_id: str, *, by: Actor, log: AuditLog) -> bool:
    """End that right; False when there was none."""
    _require_registrar(by)
    gone = tx.execute(delete(care_list).where(care_list.c.actor == actor_id, care_list.c.patient == patient_id))
    if gone.rowcount == 0:
        return False
    log.append(tx, kind="care_list.removed", actor=by, subject=patient_id, details={"physician": actor_id})
    return True


def care_list_of(tx: Connection, patient_id: str) -> tuple[str, ...]:
    """The physicians on whose care list this patient is."""
    return tuple(
        tx.scalars(select(care_list.c.actor).where(care_list.c.patient == patient_id).order_by(care_list.c.actor))
    )


def hold(tx: Connection, patient_id: str, reason: str, *, by: Actor, log: AuditLog) -> None:
    """Forbid erasing this record, for instance while a court wants it."""
    _require_registrar(by)
    require_patient(tx, patient_id)
    reason = " ".join(reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise InvalidInput("Say in a few words why this record must be kept.", code="reason_needed")
    tx.execute(patients.update().where(patients.c.id == patient_id).values(hold=reason))
    log.append(tx, kind="record.held", actor=by, subject=patient_id, content=reason, patient=patient_id)


def release_hold(tx: Connection, patient_id: str, *, by: Actor, log: AuditLog) -> None:
    """Let this record be erased again."""
    _require_registrar(by)
    require_patient(tx, patient_id)
    tx.execute(patients.update().where(patients.c.id == patient_id).values(hold=None))
    log.append(tx, kind="record.hold_released", actor=by, subject=patient_id)


def forget(tx: Connection, patient_id: str) -> None:
    """Remove the patient from the register, with every right to the record; refused while it is held."""
    held = tx.execute(select(patients.c.hold).where(patients.c.id == patient_id)).one_or_none()
    if held is None:
        raise _not_found()
    if held.hold is not None:
        raise Conflict(
            "This record is under a legal hold and cannot be erased. Release the hold first.", code="legal_hold"
        )
    tx.execute(delete(care_list).where(care_list.c.patient == patient_id))
    tx.execute(delete(emergency_access).where(emergency_access.c.patient == patient_id))
    tx.execute(delete(patients).where(patients.c.id == patient_id))


def require_patient(tx: Connection, patient_id: str) -> None:
    """Refuse a patient who is not in the register."""
    if not tx.scalar(select(exists().where(patients.c.id == patient_id))):
        raise _not_found()


def _reason(tx: Connection, actor: Actor, patient_id: str, *, clock: Clock) -> str | None:
    if not tx.scalar(select(exists().where(patients.c.id == patient_id))):
        return None
    if _is_local(actor):
        return "local"
    if not actor.is_a(Role.PHYSICIAN):
        return None
    listed = exists().where(care_list.c.actor == actor.id, care_list.c.patient == patient_id)
    if tx.scalar(select(listed)):
        return "care_list"
    now = clock.now()
    broken = tx.scalar(
        select(emergency_access.c.id)
        .where(
            emergency_access.c.actor == actor.id,
            emergency_access.c.patient == patient_id,
            emergency_access.c.ended.is_(None),
            emergency_access.c.at <= now,
            emergency_access.c.until > now,
        )
        .order_by(emergency_access.c.at.desc())
        .limit(1)
    )
    return f"break_glass:{broken}" if broken else None


def _is_local(actor: Actor) -> bool:
    return actor.id.startswith("local:")


def _require_registrar(actor: Actor) -> None:
    if not (_is_local(actor) or actor.is_a(Role.ADMINISTRATOR)):
        raise Denied("Only an administrator may do this.")


def _not_found() -> NotFound:
    return NotFound("There is no such patient, or the record is not open to you.", code="no_patient")
