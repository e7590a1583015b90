"""`cds review`: what was shown, whether it can be shown again, and what the record says about the service."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from api.cli.output import emit, say
from api.cli.scope import open_named
from api.services import Services, operator, services_from_environment
from cds.errors import InvalidInput
from cds.patient import PatientFacts
from cds.recommendation import Recommendation
from cds.recommendations import load
from cds.review.card import card as make_card
from cds.review.card import state_attribute
from cds.review.export import FORMATS, export_recommendations
from cds.review.listing import ReviewFilter, list_for_review
from cds.review.notes import MARKS, add_note
from cds.review.notes import recall as find_recalled
from cds.review.replay import Replay
from cds.review.replay import replay as play_again
from cds.review.silences import silences as find_silences
from cds.review.statistics import statistics as count
from cds.review.statistics_json import statistics_to_json
from cds.review.trace import PURPOSES, open_for_review, trace

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="Look back at what was shown."
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Since = Annotated[str | None, typer.Option(help="From this day or moment on (UTC).")]
Until = Annotated[str | None, typer.Option(help="Before this day or moment.")]


@app.command("list", help="List recommendations by anything but their text, the newest first.")
def list_(
    since: Since = None,
    until: Until = None,
    asked_by: Annotated[str | None, typer.Option(help="Who asked.")] = None,
    patient: Annotated[str | None, typer.Option(help="The patient's id.")] = None,
    status: Annotated[str | None, typer.Option(help="answered, quoted, abstained or referred.")] = None,
    model: Annotated[str | None, typer.Option(help="The model's name.")] = None,
    document: Annotated[str | None, typer.Option(help="A document it cites.")] = None,
    edition: Annotated[str | None, typer.Option(help="An edition it cites.")] = None,
    decision: Annotated[str | None, typer.Option(help="A decision, or not_decided.")] = None,
    reason: Annotated[str | None, typer.Option(help="A reason code.")] = None,
    warning: Annotated[str | None, typer.Option(help="A kind of warning shown.")] = None,
    failed: Annotated[str | None, typer.Option(help="A check that withheld a statement.")] = None,
    mark: Annotated[str | None, typer.Option(help="What a reviewer called it.")] = None,
    before: Annotated[int | None, typer.Option(help="Those before this number.")] = None,
    limit: Annotated[int, typer.Option(help="How many.")] = 50,
    as_json: Json = False,
) -> None:
    where = ReviewFilter(
        since=_moment(since),
        until=_moment(until),
        asked_by=asked_by,
        patient=patient,
        status=status,
        model=model,
        document=document,
        edition=edition,
        decision=decision,
        reason=reason,
        warning=warning,
        failed=failed,
        mark=mark,
    )
    with closing(services_from_environment()) as services, services.db.reading() as tx:
        found = list_for_review(tx, where, now=services.clock.now(), before=before, limit=limit)
    if as_json:
        emit({"recommendations": found.rows, "before": found.before})
        return
    for row in found.rows:
        print(f"{row.seq:>8}  {row.asked_at:%Y-%m-%d %H:%M}  {row.id}  {row.status:<10} {row.asked_by}")
    if found.before is not None:
        say(f"There are more: --before {found.before}")


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
        found = find_recalled(tx, name, since=_moment(since))
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


@app.command(help="What the record says: volume, outcomes, decisions, times, cohorts.")
def statistics(since: Since = None, until: Until = None, as_json: Json = False) -> None:
    where = ReviewFilter(since=_moment(since), until=_moment(until))
    with closing(services_from_environment()) as services, services.db.reading() as tx:
        found = count(tx, where, now=services.clock.now())
    if as_json:
        emit(statistics_to_json(found))
        return
    for title, numbers in (
        ("Consults", {"total": found.total, **found.by_status}),
        ("Decisions", found.decided),
        ("Reasons", found.reasons),
        ("Withheld, by check", found.withheld),
        ("Warnings shown", found.warnings),
    ):
        print(title)
        for name, number in numbers.items():
            print(f"  {name:<36} {number:>8,}")
    for cohort, group, measure in found.marks:
        print(f"MARKED  {cohort} {group}: {measure} outside 0.8 to 1.25 of all others")


@app.command(help="Write recommendations without their text to stdout; that they were taken is itself an entry.")
def export(
    format_: Annotated[str, typer.Option("--format", help="jsonl, csv or fhir (Provenance).")] = "jsonl",
    since: Since = None,
    until: Until = None,
) -> None:
    if format_ not in FORMATS:
        raise InvalidInput(f"The formats are {', '.join(FORMATS)}.", code="unknown_format")
    where = ReviewFilter(since=_moment(since), until=_moment(until))
    with closing(services_from_environment()) as services:
        with services.db.transaction() as tx:
            services.log.append(
                tx, kind="review.exported", actor=operator(), subject="recommendations", details={"format": format_}
            )
        with services.db.reading() as tx:
            for piece in export_recommendations(tx, where, as_=format_, now=services.clock.now()):
                print(piece, end="")


@app.command(help="Questions the library could not answer, grouped by the words they share.")
def silences(since: Since = None, as_json: Json = False) -> None:
    with closing(services_from_environment()) as services, services.db.reading() as tx:
        found = find_silences(tx, since=_moment(since))
    if as_json:
        emit({"groups": found})
        return
    for group in found:
        print(f"{group.number:>5}  {', '.join(group.words)}")


@app.command(help="The governance card; with an attribute and a text, put a dated statement on it.")
def card(
    attribute: Annotated[str | None, typer.Option(help="The attribute to state something of.")] = None,
    text: Annotated[str | None, typer.Option(help="The statement.")] = None,
    as_json: Json = False,
) -> None:
    with closing(services_from_environment()) as services:
        if attribute is not None or text is not None:
            if attribute is None or text is None:
                raise InvalidInput("A statement needs --attribute and --text.")
            with services.db.transaction() as tx:
                state_attribute(tx, operator(), attribute, text, log=services.log, clock=services.clock)
        with services.db.reading() as tx:
            made = make_card(tx, clock=services.clock)
    if as_json:
        emit(made.to_json())
        return
    for line in made.lines:
        print(f"{line.attribute.id:<14} {line.state:<9} {line.attribute.text}")
        if line.text:
            print(f"{'':<24} {line.text}")


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


def _moment(written: str | None) -> datetime | None:
    if written is None:
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise InvalidInput(
            "A day or moment is written 2026-11-21 or 2026-11-21T09:00:00Z.", code="moment_malformed"
        ) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
