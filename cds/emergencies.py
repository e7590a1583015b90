"""Emergency access: a physician opens one record outside the care list, for at most an hour, and an auditor looks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Row, insert, select, update

from cds.access import require_patient
from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.clock import Clock
from cds.errors import Conflict, Denied, InvalidInput, NotFound
from cds.ids import new_id
from cds.tables_access import care_list, emergency_access

# Long enough to treat somebody who just came in; who needs the record longer says again why.
LONGEST_MINUTES = 60
# "x" is no reason; a word or two is the least an auditor can judge.
SHORTEST_REASON = 8
LONGEST_REASON = 1000

Finding = Literal["justified", "questioned"]
FINDINGS: dict[str, str] = {"justified": "Justified", "questioned": "To be questioned"}


@dataclass(frozen=True, slots=True)
class Emergency:
    """One emergency access, from its reason to what an auditor found."""

    id: str
    actor: str
    patient: str
    reason: str
    at: datetime
    until: datetime
    ended: datetime | None
    ended_because: str | None  # physician, time; None: still open
    reviewed: datetime | None
    reviewed_by: str | None
    finding: str | None


def break_glass(
    tx: Connection,
    actor: Actor,
    patient_id: str,
    reason: str,
    *,
    clock: Clock,
    log: AuditLog,
    minutes: int = LONGEST_MINUTES,
) -> str:
    """Open this one record to a physician for some minutes, with a reason an auditor will read."""
    if not actor.is_a(Role.PHYSICIAN):
        raise NotFound("There is no such patient, or the record is not open to you.", code="no_patient")
    reason = " ".join(reason.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise InvalidInput(
            f"Say in a few words why this record is needed now ({SHORTEST_REASON} to {LONGEST_REASON} characters).",
            code="reason_needed",
        )
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidInput(f"Emergency access lasts 1 to {LONGEST_MINUTES} minutes.", code="too_long")
    require_patient(tx, patient_id)
    mine = select(care_list.c.actor).where(care_list.c.actor == actor.id, care_list.c.patient == patient_id)
    if tx.execute(mine).first() or emergency_of(tx, actor, patient_id, clock=clock):
        raise Conflict("This record is open to you already.", code="already_open")
    number, now = new_id(), clock.now()
    until = now + timedelta(minutes=minutes)
    row = {"id": number, "actor": actor.id, "patient": patient_id, "reason": reason, "at": now, "until": until}
    tx.execute(insert(emergency_access).values(row))
    log.append(
        tx,
        kind="record.glass_broken",
        actor=actor,
        subject=patient_id,
        details={"emergency": number, "minutes": minutes},
        content=reason,
        patient=patient_id,
    )
    return number


def emergency_of(tx: Connection, actor: Actor, patient_id: str, *, clock: Clock) -> Emergency | None:
    """The emergency access by which this physician may read this record now."""
    now = clock.now()
    query = (
        select(emergency_access)
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
    row = tx.execute(query).first()
    return _emergency(row, now) if row else None


def end_emergency(tx: Connection, actor: Actor, patient_id: str, *, clock: Clock, log: AuditLog) -> Emergency:
    """Give the record back before its time; the physician's own access only."""
    found = emergency_of(tx, actor, patient_id, clock=clock)
    if found is None:
        raise NotFound("No emergency access to this record is open to you.", code="no_emergency")
    _end(tx, found, at=clock.now(), because="physician", actor=actor, log=log)
    return found


def end_past(tx: Connection, *, clock: Clock, log: AuditLog) -> int:
    """Record the end of every access whose time is over; how many."""
    now = clock.now()
    rows = tx.execute(
        select(emergency_access).where(emergency_access.c.ended.is_(None), emergency_access.c.until <= now)
    ).all()
    for row in rows:
        _end(tx, _emergency(row, now), at=row.until, because="time", actor=None, log=log)
    return len(rows)


def anything_past(tx: Connection, *, clock: Clock) -> bool:
    """Whether the end of an access is still to be recorded."""
    query = select(emergency_access.c.id).where(
        emergency_access.c.ended.is_(None), emergency_access.c.until <= clock.now()
    )
    return tx.execute(query.limit(1)).first() is not None


def emergencies(
    tx: Connection, by: Actor, *, clock: Clock, before: str | None = None, limit: int = 50
) -> tuple[tuple[Emergency, ...], str | None]:
    """What an auditor looks through: the newest first, and where the next page starts."""
    _require_auditor(by)
    query = select(emergency_access).order_by(emergency_access.c.id.desc()).limit(limit + 1)
    if before is not None:
        query = query.where(emergency_access.c.id < before)
    rows = tx.execute(query).all()
    found = tuple(_emergency(row, clock.now()) for row in rows[:limit])
    return found, (found[-1].id if len(rows) > limit else None)


def review_emergency(
    tx: Connection, by: Actor, number: str, finding: str, *, comment: str = "", clock: Clock, log: AuditLog
) -> Emergency:
    """What an auditor found; a later finding stands beside the earlier one in the log."""
    _require_auditor(by)
    if finding not in FINDINGS:
        raise InvalidInput(f"A finding is one of {', '.join(FINDINGS)}.", code="unknown_finding")
    row = tx.execute(select(emergency_access).where(emergency_access.c.id == number)).first()
    if row is None:
        raise NotFound("There is no such emergency access.", code="no_emergency")
    if row.actor == by.id:
        raise Denied("Nobody reviews their own emergency access.")
    now = clock.now()
    values = {"reviewed": now, "reviewed_by": by.id, "finding": finding}
    tx.execute(update(emergency_access).where(emergency_access.c.id == number).values(values))
    log.append(
        tx,
        kind="record.glass_reviewed",
        actor=by,
        subject=row.patient,
        details={"emergency": number, "finding": finding},
        content=" ".join(comment.split())[:LONGEST_REASON] or None,
        patient=row.patient,
    )
    return _emergency(tx.execute(select(emergency_access).where(emergency_access.c.id == number)).one(), now)


def to_json(one: Emergency, names: dict[str, str] | None = None) -> dict[str, object]:
    """An emergency access for the API and the command line."""
    return {
        "id": one.id,
        "physician": one.actor,
        "name": (names or {}).get(one.actor, one.actor),
        "patient": one.patient,
        "reason": one.reason,
        "at": one.at,
        "until": one.until,
        "ended": one.ended,
        "ended_because": one.ended_because,
        "reviewed": one.reviewed,
        "reviewed_by": one.reviewed_by,
        "finding": one.finding,
    }


def _end(tx: Connection, one: Emergency, *, at: datetime, because: str, actor: Actor | None, log: AuditLog) -> None:
    mine = (emergency_access.c.id == one.id) & emergency_access.c.ended.is_(None)
    if tx.execute(update(emergency_access).where(mine).values(ended=at, ended_because=because)).rowcount == 1:
        details = {"emergency": one.id, "because": because}
        log.append(tx, kind="record.glass_closed", actor=actor, subject=one.patient, details=details)


def _emergency(row: Row[tuple[object, ...]], now: datetime) -> Emergency:
    values = dict(row._mapping)
    if values["ended"] is None and values["until"] <= now:  # over, although its entry is still to be written
        values |= {"ended": values["until"], "ended_because": "time"}
    return Emergency(**values)


def _require_auditor(actor: Actor) -> None:
    if not actor.is_a(Role.AUDITOR):
        raise Denied("Only an auditor may do this.")
