"""`cds emergencies`: emergency access to records, looked through and judged."""

from typing import Annotated

import typer

from api.auth.accounts import names_of
from api.cli.output import emit, say
from api.emergencies import end_what_is_past
from api.services import operator, services_from_environment
from cds.emergencies import FINDINGS, emergencies, review_emergency, to_json

app = typer.Typer(
    help="Emergency access to records.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command("list")
def list_(
    before: Annotated[str | None, typer.Option(help="Start after this one: `next` of the page before.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    json: Json = False,
) -> None:
    """Every emergency access, the newest first: who, which record, why, how long, and what was found."""
    services = services_from_environment()
    end_what_is_past(services)
    with services.db.reading() as tx:
        found, following = emergencies(tx, operator(), clock=services.clock, before=before, limit=limit)
        names = names_of(tx, {one.actor for one in found})
    services.close()
    if json:
        emit({"emergencies": [to_json(one, names) for one in found], "next": following})
        return
    for one in found:
        over = f"ended {one.ended:%H:%M} by {one.ended_because}" if one.ended else f"open until {one.until:%H:%M}"
        state = FINDINGS[one.finding] if one.finding else "not reviewed"
        print(f"{one.id}\t{one.at:%Y-%m-%d %H:%M}\t{names[one.actor]}\t{one.patient}\t{over}\t{state}\t{one.reason}")
    if not found:
        say("None.")


@app.command()
def review(
    number: Annotated[str, typer.Argument(help="The access, as `cds emergencies list` shows it.")],
    finding: Annotated[str, typer.Argument(help=f"One of {', '.join(FINDINGS)}.")],
    comment: Annotated[str, typer.Option(help="Kept beside the log.")] = "",
    json: Json = False,
) -> None:
    """Record what was found."""
    services = services_from_environment()
    with services.db.transaction() as tx:
        made = review_emergency(
            tx, operator(), number, finding, comment=comment, clock=services.clock, log=services.log
        )
    services.close()
    if json:
        emit(to_json(made))
    else:
        say(f"Recorded: {FINDINGS[finding].lower()}.")
