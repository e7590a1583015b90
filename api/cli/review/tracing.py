"""One recommendation under review: what was shown, whether it can be shown again, what reviewers say of it."""

from contextlib import closing
from typing import Annotated

import typer

from api.cli.output import emit, say
from api.cli.review.group import Json, Since, app, moment
from api.cli.scope import open_named
from api.services import Services, operator, services_from_environment
from cds.patient import PatientFacts
from cds.recommendation import Recommendation
from cds.recommendations import load
from cds.review.notes import MARKS, add_note
from cds.review.notes import recall as find_recalled
from cds.review.replay import Replay
from cds.review.replay import replay as play_again
from cds.review.trace import PURPOSES, open_for_review, trace


@app.command(help="Show one recommendation with everything before and after it; the purpose is recorded.")
def show(
    recommendation: Annotated[str, typer.Argument(metavar="ID")],
    purpose: Annotated[str, typer.Option(help=f"Why it is read: {', '.join(PURPOSES)}.")],
    as_json: Json = False,
) -> None:
    with closing(services_from_environment()) as services:
        with services.db.transaction() as tx:
            open_for_review(tx, operator(), recommendation, purpose=purpose, log=services.log)
        with services.db.reading() as tx:
            found = trace(tx, operator(), recommendation, clock=services.clock)
    if as_json:
        emit(found.to_json())
        return
    from api.cli.ask import as_text

    print(as_text(found.recommendation))
    print(f"\nState: {found.state}")
    for event in found.events:
        print(f"{event.seq:>8}  {event.at[:19]}Z  {event.kind:<28} {event.actor or '-'}")


@app.command(help="Search and answer again as it was then, and compare. Exit 1 when the evidence differs.")
def replay(recommendation: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    from knowledge.replay import PastSearch

    with closing(services_from_environment()) as services:
        with services.db.reading() as tx:
            shown, audit = load(tx, recommendation)
        with services.db.transaction() as tx:
            services.log.append(tx, kind="review.replayed", actor=operator(), subject=recommendation)
        parts = services.consult_parts()
        past = PastSearch(
            services.db, library=services.library, builder=services.builder, embedder=lambda: services.embedder
        )
        found = play_again(
            shown,
            audit,
            past=past,
            policy=parts.policy,
            model=parts.model,
            similarity=parts.similarity,
            in_full=parts.in_full,
            left_out=parts.left_out,
            facts=_facts(services, shown),
            seconds=parts.answer_seconds,
        )
    if as_json:
        emit(found.to_json())
    else:
        _tell(found)
    if found.evidence != "identical":
        raise SystemExit(1)


@app.command(help="Everything that rests on a document or edition, and whether it was reviewed since.")
def recall(
    name: Annotated[str, typer.Argument(metavar="DOCUMENT|EDITION")], since: Since = None, as_json: Json = False
) -> None:
    with closing(services_from_environment()) as services, services.db.reading() as tx:
        found = find_recalled(tx, name, since=moment(since))
    if as_json:
        emit({"recommendations": found})
        return
    for one in found:
        done = "reviewed" if one.reviewed else "to do"
        print(f"{one.recommendation}  {one.asked_at:%Y-%m-%d}  {one.status:<10} {one.asked_by:<24} {done}")


@app.command(help="Mark a recommendation as a reviewer.")
def note(
    recommendation: Annotated[str, typer.Argument(metavar="ID")],
    mark: Annotated[str, typer.Argument(help=", ".join(MARKS))],
    comment: Annotated[str | None, typer.Option(help="In your words.")] = None,
    as_json: Json = False,
) -> None:
    with closing(services_from_environment()) as services, services.db.transaction() as tx:
        made = add_note(
            tx, operator(), recommendation, mark=mark, comment=comment, log=services.log, clock=services.clock
        )
    if as_json:
        emit({"note": made, "recommendation": recommendation, "mark": mark})
    else:
        say(f"Noted: {mark}.")


def _facts(services: Services, shown: Recommendation) -> PatientFacts | None:
    """What was known of the patient then; None without a patient, or when the record is gone."""
    if shown.patient is None:
        return None
    scope = open_named(services, shown.patient)
    with services.db.reading() as tx:
        return services.records.facts_as_of(tx, scope, shown.asked_at)


def _tell(found: Replay) -> None:
    print(f"Evidence: {found.evidence.replace('_', ' ')}" + (f" ({found.problem})" if found.problem else ""))
    print(f"Model: {found.model or 'none'}, {'the same' if found.same_model else 'another'} as then")
    marks: dict[str, str] = {"same": "=", "changed": "~", "gone": "-", "new": "+"}
    for line in found.lines:
        print(f"{marks[line.compared]} {line.then or line.today}")
        if line.compared == "changed":
            print(f"  today: {line.today}")
