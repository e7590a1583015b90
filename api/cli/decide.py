"""`cds decide`: what the clinician decided on a recommendation."""

from contextlib import closing
from typing import Annotated

import typer

from api.cli.output import emit, say
from api.services import operator, services_from_environment
from cds.decisions import decide as record_decision
from cds.errors import InvalidInput
from cds.reasons import REASONS, SHORT_LIST

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help="Record a decision: accepted, modified, overridden or deferred.")
def decide(
    recommendation: Annotated[str | None, typer.Argument(metavar="ID", help="The recommendation.")] = None,
    choice: Annotated[str | None, typer.Argument(metavar="accepted|modified|overridden|deferred")] = None,
    reason: Annotated[str | None, typer.Option(help="Why not: one of HL7's codes; see --reasons.")] = None,
    comment: Annotated[str | None, typer.Option(help="In your words.")] = None,
    text: Annotated[str | None, typer.Option(help="The final text, when modified.")] = None,
    reasons: Annotated[bool, typer.Option("--reasons", help="List the reason codes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    if reasons:
        _list_reasons(as_json)
        return
    if recommendation is None or choice is None:
        raise InvalidInput("Say which recommendation and what was decided: cds decide ID accepted.")
    with closing(services_from_environment()) as services:
        made = record_decision(
            services.db,
            log=services.log,
            clock=services.clock,
            actor=operator(),
            recommendation_id=recommendation,
            choice=choice,
            reason=reason,
            comment=comment,
            final_text=text,
        )
    if as_json:
        emit(made.to_json() | {"recommendation": made.recommendation})
    else:
        say(f"Recorded: {made.choice} (audit entry {made.seq}).")


def _list_reasons(as_json: bool) -> None:
    if as_json:
        emit([{"code": r.code, "text": r.label, "group": r.group, "short": r.short} for r in REASONS.values()])
        return
    print("The usual ones:")
    for reason in SHORT_LIST:
        print(f"  {reason.code:<32} {reason.label}")
    print("All:")
    for reason in REASONS.values():
        print(f"  {'  ' if reason.group else ''}{reason.code:<36} {reason.label}")
