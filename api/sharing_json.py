"""A shared session as one JSON document, for programs."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from cds.clock import Clock
from cds.sharing import joining, members
from cds.sharing.events import read_events
from cds.sharing.grid import to_json
from cds.sharing.linter import lint
from cds.sharing.reading import grade
from cds.sharing.sessions import Session
from cds.sharing.state import fold


def session_document(tx: Connection, session: Session, *, clock: Clock) -> dict[str, Any]:
    """Everything the physician may see; `released` is exactly what the patient may."""
    state = fold(read_events(tx, session.id, audience="physician"))
    code = joining.open_code(tx, session, clock=clock)
    joined = [one for one in members.members_of(tx, session) if one.state in ("waiting", "confirmed")]
    return {
        "id": session.id,
        "consult": session.recommendation,
        "patient": session.patient,
        "opened_at": session.opened_at,
        "ended_at": session.ended_at,
        "number": state.number,
        "language": state.language or "en",
        "code": {"code": code[0], "until": code[1]} if code else None,
        "members": [{"id": one.id, "mark": one.mark, "state": one.state} for one in joined],
        "grid": to_json(state.grid),
        "grades": {line.id: grade(line.text) for line in (*state.grid.lines, *state.grid.topics)},
        "missing": [asdict(finding) for finding in lint(state.grid)],
        "refused": [asdict(one) for one in state.refused],
        "released": list(state.released.values()),
        "questions": [asdict(one) for one in state.questions],
        "notes": [asdict(one) for one in state.notes],
        "ratings": [asdict(one) for one in state.ratings.values()],
        "sure": state.sure,
        "collaborate": state.collaborate,
        "agreement": asdict(state.agreement) if state.agreement else None,
        "recommendations": list(state.recommendations),
        "erased": state.erased,
    }
