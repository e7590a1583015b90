"""`cds ingest records`: extracts of the medical record into the store."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import done, emit, say
from api.cli.progress import bar
from api.services import operator, services_from_environment

HELP = """Load extracts of the medical record: FHIR R4 and R5 (Bundles, NDJSON folders, gzipped too), C-CDA R2.1,
HL7 v2 ADT and ORU, CSV.

A fact is one stored condition, medication (request or statement), allergy, observation, procedure or immunisation; a
panel counts each component, and itself only if it has a value. A statement that there are none ("no known allergies")
is a fact. What was entered in error, refuted or not done is counted under not_facts; kinds of resources that are not
read under unknown_types. "unchanged" counts facts and notes that were here already. Exit status 3: some input was
refused; it is listed with its file, line or resource, and the rest was kept."""


def records(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", metavar="PATH…")],
    source: Annotated[
        str, typer.Option(help="A name for the system they come from, where two number their records alike.")
    ] = "",
    mapping: Annotated[Path | None, typer.Option(help="A TOML file that says what the columns of a CSV mean.")] = None,
    vectors: Annotated[
        bool, typer.Option(help="Embed the notes now; without, they are found by their words until it is done.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    from ingest.pipeline.records import ingest_records
    from ingest.records.readers import Options

    services = services_from_environment()
    try:
        with bar("records") as shown:
            count = 0

            def progress(stage: str, more: int) -> None:
                nonlocal count
                count += more
                shown(count, count)  # how many there will be is known when they are read

            report = ingest_records(
                paths,
                records=services.records,
                db=services.db,
                log=services.log,
                clock=services.clock,
                actor=operator(),
                progress=progress,
                options=Options(source=source, mapping=mapping),
                vectors=vectors,
            )
    finally:
        services.close()
    if as_json:
        emit(report.as_json())
    else:
        say(
            f"{report.patients} patients, {report.facts} facts and {report.notes} notes stored from {report.files} "
            f"files in {report.seconds:.1f} s; {report.unchanged} were here already."
        )
        for refusal in report.refused:
            place = refusal.get("resource") or refusal.get("line")
            say(f"  refused {refusal['path']}{f' ({place})' if place else ''}: {refusal['reason']} [{refusal['code']}]")
    done(refused=bool(report.refused))
