"""CDS Hooks: discovery, the services, and feedback."""

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.auth.identity import Scope
from api.deps import Parts, allow, anyone
from api.hooks.answering import answer_hook
from api.hooks.cards import cards_for, recommendation_of, remember
from api.hooks.models import Cards, Feedback, HookRequest, Services
from api.hooks.services import OFFERED
from cds.actors import Actor, Role
from cds.decisions import decide
from cds.errors import NotFound
from cds.reasons import REASONS

# A hook brings a whole prefetch.
LARGEST_BODY = 8 * 1024 * 1024

router = APIRouter(prefix="/cds-services", tags=["CDS Hooks"])


@router.get("", dependencies=[anyone()], response_model=Services, response_model_exclude_none=True)
def discovery() -> Services:
    """Which hooks are answered here."""
    return Services(services=list(OFFERED.values()))


@router.post(
    "/{service_id}",
    response_model=Cards,
    response_model_exclude_none=True,
    max_body_size=LARGEST_BODY,
)
def call(
    service_id: str,
    body: HookRequest,
    request: Request,
    actor: Annotated[Actor, allow(Role.PHYSICIAN, scope=Scope.CONSULT)],
    services: Parts,
) -> Cards:
    """Cards for a patient or for orders. Each is a recommendation that was recorded before it is told."""
    service = OFFERED.get(service_id)
    if service is None:
        raise NotFound("There is no such service; see /cds-services.")
    answered = answer_hook(service, body, services, actor=actor)
    cards = cards_for(answered, page=f"{str(request.base_url).rstrip('/')}/consults")
    with services.db.transaction() as tx:
        remember(tx, cards, actor=actor, at=services.clock.now())
    return Cards(cards=[card for card, _ in cards])


@router.post("/{service_id}/feedback", response_class=Response)
def feedback(
    service_id: str,
    body: Feedback,
    actor: Annotated[Actor, allow(Role.PHYSICIAN, scope=Scope.DECIDE)],
    services: Parts,
) -> Response:
    """What became of the cards; each becomes a decision in the record."""
    if service_id not in OFFERED:
        raise NotFound("There is no such service; see /cds-services.")
    with services.db.reading() as tx:
        found = [recommendation_of(tx, one.card, actor=actor) for one in body.feedback]
    if None in found:
        raise NotFound("There is no such card.")
    for one, recommendation in zip(body.feedback, found, strict=True):
        assert recommendation is not None
        given = one.overrideReason
        reason = given.reason.code if given and given.reason else None
        words = [given.reason.display or given.reason.code] if given and given.reason and reason not in REASONS else []
        comment = ": ".join([*words, *([given.userComment] if given and given.userComment else [])])
        decide(
            services.db,
            log=services.log,
            clock=services.clock,
            actor=actor,
            recommendation_id=recommendation,
            choice=one.outcome,
            reason=reason if reason in REASONS and one.outcome == "overridden" else None,
            comment=comment or None,
        )
    return Response(status_code=200)
