"""The service as an MCP server: search, consult and decide for one caller, by the same rules as every door."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import orjson

from api.auth.identity import Identity, Scope
from api.consults import read_consult, scope_of
from api.deps import Policy
from api.errors import as_defect
from api.record_search import search_record
from api.services import Services
from cds.actors import Role
from cds.consult import Question, consult
from cds.decisions import decide
from cds.errors import CdsError, InvalidInput
from cds.evidence import SearchFilter
from cds.recommendations import hit_to_json, to_json

if TYPE_CHECKING:
    from mcp.server import MCPServer

T = TypeVar("T")

_INSTRUCTIONS = (
    "Answers clinical questions from the guidelines of this house. Every statement cites the passage it rests on and "
    "was checked against it; show the citations and warnings with it, and say so when the library has no answer."
)
_SEARCH = Policy(frozenset(Role), Scope.SEARCH)
_CONSULT = Policy(frozenset({Role.PHYSICIAN}), Scope.CONSULT)
_DECIDE = Policy(frozenset({Role.PHYSICIAN}), Scope.DECIDE)


def mcp_server(services: Services, identity: Identity) -> "MCPServer[Any]":
    """A server whose tools act for this caller and nobody else."""
    from mcp.server import MCPServer
    from mcp.server.mcpserver.exceptions import ToolError

    server: MCPServer[Any] = MCPServer(
        name="evidence-cds", instructions=_INSTRUCTIONS, version=services.software, log_level="ERROR"
    )

    def told(work: Callable[[], T]) -> Any:
        try:
            return orjson.loads(orjson.dumps(work()))
        except CdsError as error:
            raise ToolError(f"{error.message} [{error.code}]") from None
        except Exception as error:
            raise ToolError(as_defect(error).message) from None

    def search(question: str, limit: int = 8, patient: str | None = None, as_of: date | None = None) -> dict[str, Any]:
        return dict(told(lambda: _search(services, identity, question, limit, patient, as_of)))

    def ask(
        question: str, patient: str | None = None, as_of: date | None = None, follows: str | None = None
    ) -> dict[str, Any]:
        return dict(told(lambda: _consult(services, identity, Question(question, as_of, follows), patient)))

    def decided(
        consult: str, choice: str, reason: str | None = None, comment: str | None = None, final_text: str | None = None
    ) -> dict[str, Any]:
        return dict(told(lambda: _decide(services, identity, consult, choice, reason, comment, final_text)))

    server.add_tool(
        search, name="search", description="Find passages of the guidelines, and of one patient's record if named."
    )
    server.add_tool(
        ask, name="consult", description="Ask a clinical question. The checked and cited answer is recorded."
    )
    server.add_tool(
        decided, name="decide", description="Record the decision: accepted, modified, overridden or deferred."
    )
    return server


def _search(
    services: Services, identity: Identity, question: str, limit: int, patient: str | None, as_of: date | None
) -> dict[str, Any]:
    actor = _SEARCH(identity)
    if not 1 <= limit <= 100:
        raise InvalidInput("A search gives 1 to 100 passages.")
    scope = scope_of(services, actor, patient)
    knowledge = services.knowledge
    found = knowledge.search(question, limit=limit, where=SearchFilter(as_of=as_of))
    hits = [*found.hits]
    if scope is not None:
        hits += search_record(services, question, scope, actor=actor, limit=limit).hits
    return {"hits": [hit_to_json(hit) for hit in hits], "generation": found.generation}


def _consult(services: Services, identity: Identity, question: Question, patient: str | None) -> dict[str, Any]:
    actor = _CONSULT(identity)
    if question.follows is not None:
        with services.db.reading() as tx:
            before = read_consult(tx, services, actor, question.follows)
        if before.recommendation.patient != patient:
            raise InvalidInput("A follow-up question is about the same patient.", code="other_patient")
    scope = scope_of(services, actor, patient)
    recommendation, audit = consult(question, services.consult_parts(), actor=actor, scope=scope)
    return to_json(recommendation, audit)


def _decide(
    services: Services,
    identity: Identity,
    consult_id: str,
    choice: str,
    reason: str | None,
    comment: str | None,
    final_text: str | None,
) -> dict[str, Any]:
    actor = _DECIDE(identity)
    with services.db.reading() as tx:
        read_consult(tx, services, actor, consult_id)
    made = decide(
        services.db,
        log=services.log,
        clock=services.clock,
        actor=actor,
        recommendation_id=consult_id,
        choice=choice,
        reason=reason,
        comment=comment,
        final_text=final_text,
    )
    return made.to_json()
