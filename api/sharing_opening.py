"""Opening a shared session: its grid is quoted from the library at once, and the model begins to read."""

from fastapi import Request

from api.consults import read_consult
from api.services import Services
from api.sharing_access import section_of
from api.sharing_model import fill_grid, shared_model
from cds.actors import Actor
from cds.clock import today
from cds.sharing import sessions
from cds.sharing.drafting import PASSAGES, draft
from cds.sharing.sessions import Session


def open_for(request: Request, services: Services, actor: Actor, consult: str) -> Session:
    """A session about this consult's question."""
    with services.db.reading() as tx:
        found = read_consult(tx, services, actor, consult)
    question = found.recommendation.question
    more = services.consult_parts().retriever.search(f"shared decision options: {question}", limit=PASSAGES)
    hits = (*found.recommendation.evidence, *more.hits)
    grid = draft(question, hits, lambda passage: section_of(services, passage), on=today(services.clock))
    with services.db.transaction() as tx:
        made = sessions.open_session(
            tx, found.recommendation, grid, actor=actor, clock=services.clock, log=services.log
        )
    shared_model(request.app).begin(made, actor, "grid", fill_grid(services, made, actor, question))
    return made
