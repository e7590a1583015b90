"""Finding recommendations by anything but their text, and taking the list away."""

import sys
from collections.abc import Iterable
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import emit, say
from api.cli.review.group import Json, Since, Until, app, moment
from api.services import operator, services_from_environment
from api.training_pairs import training_pairs
from cds.errors import InvalidInput
from cds.review.export import FILES, export_recommendations
from cds.review.listing import ReviewFilter, list_for_review
from cds.review.seismometer import write_seismometer
from cds.review.silences import silences as find_silences

AskedBy = Annotated[str | None, typer.Option(help="Who asked, by id.")]
Patient = Annotated[str | None, typer.Option(help="The patient's id.")]
Status = Annotated[str | None, typer.Option(help="answered, quoted, abstained or referred.")]
Model = Annotated[str | None, typer.Option(help="The model's name.")]
Document = Annotated[str | None, typer.Option(help="A document it cites.")]
Edition = Annotated[str | None, typer.Option(help="An edition it cites.")]
Decided = Annotated[str | None, typer.Option("--decision", help="A decision, or not_decided.")]
Why = Annotated[str | None, typer.Option("--reason", help="A reason code.")]
Warned = Annotated[str | None, typer.Option("--warning", help="A kind of warning shown.")]
Failed = Annotated[str | None, typer.Option(help="A check that withheld a statement.")]
Mark = Annotated[str | None, typer.Option(help="What a reviewer called it.")]
AgeBand = Annotated[str | None, typer.Option(help="The patient's age, as 45-59.")]
Sex = Annotated[str | None, typer.Option(help="The patient's sex.")]
Language = Annotated[str | None, typer.Option(help="The patient's language.")]
Specialty = Annotated[str | None, typer.Option(help="The specialty of who asked.")]
_FORMATS = (*FILES, "training")


@app.command("list", help="List recommendations by anything but their text, the newest first.")
def list_(
    since: Since = None,
    until: Until = None,
    asked_by: AskedBy = None,
    patient: Patient = None,
    status: Status = None,
    model: Model = None,
    document: Document = None,
    edition: Edition = None,
    decision: Decided = None,
    reason: Why = None,
    warning: Warned = None,
    failed: Failed = None,
    mark: Mark = None,
    age_band: AgeBand = None,
    sex: Sex = None,
    language: Language = None,
    specialty: Specialty = None,
    before: Annotated[int | None, typer.Option(help="Those before this number.")] = None,
    limit: Annotated[int, typer.Option(help="How many.")] = 50,
    as_json: Json = False,
) -> None:
    where = ReviewFilter(
        since=moment(since),
        until=moment(until),
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
        age_band=age_band,
        sex=sex,
        language=language,
        specialty=specialty,
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


@app.command(help="Write recommendations away; that they were taken is itself an entry.")
def export(
    format_: Annotated[
        str,
        typer.Option(
            "--format",
            help="jsonl, csv, fhir (Provenance), seismometer (a folder), or training (pairs, where switched on).",
        ),
    ] = "jsonl",
    output: Annotated[Path | None, typer.Option(help="The file or folder; stdout when not given.")] = None,
    since: Since = None,
    until: Until = None,
    asked_by: AskedBy = None,
    patient: Patient = None,
    status: Status = None,
    model: Model = None,
    document: Document = None,
    edition: Edition = None,
    decision: Decided = None,
    reason: Why = None,
    warning: Warned = None,
    failed: Failed = None,
    mark: Mark = None,
    age_band: AgeBand = None,
    sex: Sex = None,
    language: Language = None,
    specialty: Specialty = None,
) -> None:
    if format_ not in _FORMATS:
        raise InvalidInput(f"The formats are {', '.join(_FORMATS)}.", code="unknown_format")
    if format_ == "seismometer" and output is None:
        raise InvalidInput("Seismometer wants a folder: name it with --output.", code="output_missing")
    where = ReviewFilter(
        since=moment(since),
        until=moment(until),
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
        age_band=age_band,
        sex=sex,
        language=language,
        specialty=specialty,
    )
    with closing(services_from_environment()) as services:
        if format_ == "training":
            _write(training_pairs(services, where, actor=operator()), output)
            return
        details = {"format": format_, "given": sorted(where.given())}
        with services.db.transaction() as tx:
            services.log.append(
                tx, kind="review.exported", actor=operator(), subject="recommendations", details=details
            )
        with services.db.reading() as tx:
            now = services.clock.now()
            if format_ == "seismometer":
                number = write_seismometer(tx, where, output or Path(), now=now)
                say(f'{number} recommendations. In that folder: seismometer.run_startup(config_path=".")')
            else:
                _write(export_recommendations(tx, where, as_=format_, now=now), output)


@app.command(help="Questions the library could not answer, grouped by the words they share.")
def silences(since: Since = None, as_json: Json = False) -> None:
    with closing(services_from_environment()) as services, services.db.reading() as tx:
        found = find_silences(tx, since=moment(since))
    if as_json:
        emit({"groups": found})
        return
    for group in found:
        print(f"{group.number:>5}  {', '.join(group.words)}")


def _write(pieces: Iterable[str], output: Path | None) -> None:
    with output.open("w", encoding="utf-8") if output else nullcontext(sys.stdout) as target:
        for piece in pieces:
            target.write(piece)
