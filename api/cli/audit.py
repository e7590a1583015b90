"""`cds audit`: the log of what was done, and the proof that nobody changed it."""

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any

import typer

from api.checkpoints import checkpointer
from api.cli.output import emit, say
from api.services import operator, services_from_environment
from cds.audit.checkpoints import FOLDER, PUBLIC_FILE, newest_size, verifier_key
from cds.audit.export import FORMATS, export_entries
from cds.audit.listing import EntryFilter, entries_about, get_entry, list_entries, proof_of
from cds.audit.offline import open_copy
from cds.audit.verify import Report
from cds.audit.verify import verify as verify_log
from cds.db import Database, open_database
from cds.errors import InvalidInput
from cds.settings import Settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, help="The log of what was done.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Kind = Annotated[str | None, typer.Option(help="Only this kind, as `decision.recorded` or `decision`.")]
By = Annotated[str | None, typer.Option("--actor", help="Only what this person or program did.")]
About = Annotated[str | None, typer.Option("--subject", help="Only what was done to this.")]
Since = Annotated[str | None, typer.Option(help="From this moment on, as 2026-11-21T09:00:00Z.")]
Until = Annotated[str | None, typer.Option(help="Before this moment.")]


@app.command("list", help="List entries, the newest first.")
def list_(
    kind: Kind = None,
    actor: By = None,
    subject: About = None,
    since: Since = None,
    until: Until = None,
    before: Annotated[int | None, typer.Option(help="Entries before this number.")] = None,
    limit: Annotated[int, typer.Option(help="How many.")] = 50,
    as_json: Json = False,
) -> None:
    where = EntryFilter(kind=kind, actor=actor, subject=subject, since=since, until=until)
    with closing(services_from_environment()) as services, services.db.reading() as tx:
        found, following = list_entries(tx, where, before=before, limit=limit)
    if as_json:
        emit({"entries": [entry.to_json() for entry in found], "before": following})
        return
    for entry in found:
        print(f"{entry.seq:>8}  {entry.at[:19]}Z  {entry.kind:<28} {entry.actor or '-':<24} {entry.subject}")
    if following is not None:
        say(f"There are more: --before {following}")


@app.command(help="Show one entry by its number, or all about one thing by its id.")
def show(
    name: Annotated[str, typer.Argument(metavar="SEQ|ID")],
    proof: Annotated[bool, typer.Option("--proof", help="With its path to the log's root.")] = False,
    as_json: Json = False,
) -> None:
    with closing(services_from_environment()) as services, services.db.reading() as tx:
        found = [get_entry(tx, int(name))] if name.isdecimal() else list(entries_about(tx, name))
        documents = [entry.to_json() | ({"proof": proof_of(tx, entry.seq)} if proof else {}) for entry in found]
    if not documents:
        raise InvalidInput(f"No entry speaks of {name}.", code="not_found")
    if as_json:
        emit(documents[0] if name.isdecimal() else {"entries": documents})
        return
    for document in documents:
        for key, value in document.items():
            print(f"{key:>8}  {value}")
        print()


@app.command(help="Verify the log, or a copy of it; exit 0 when nothing was altered, 1 naming the first bad entry.")
def verify(
    checkpoints: Annotated[
        Path | None, typer.Option(help="A folder of checkpoints, or a syslog file, held elsewhere.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The public key the checkpoints were signed with.")] = None,
    database: Annotated[str | None, typer.Option(help="A copy of the database file, or a PostgreSQL address.")] = None,
    database_key: Annotated[Path | None, typer.Option(help="The key of the copy; beside it when not given.")] = None,
    as_json: Json = False,
) -> None:
    settings = None if database else services_from_environment().settings
    if settings is not None:
        checkpoints, key = _of_this_installation(settings, checkpoints, key)
    elif checkpoints is not None and key is None:
        raise InvalidInput("To check a copy against checkpoints, name their public key with --key.", code="key_missing")
    opened = _opened(settings, database, database_key)
    public = verifier_key(key) if key is not None else None
    with closing(opened), opened.reading() as tx:
        report = verify_log(tx, checkpoints=checkpoints, key=public)
    if as_json:
        emit(report.to_json())
    else:
        _tell(report)
    if not report.ok:
        raise SystemExit(1)


@app.command(help="Sign the log as it is now.")
def checkpoint(
    to: Annotated[Path | None, typer.Option(help="Write it to this folder too.")] = None, as_json: Json = False
) -> None:
    with closing(services_from_environment()) as services:
        settings = services.settings
        folder = settings.data / FOLDER
        writer = checkpointer(services)
        writer.second = to or writer.second
        made = writer.write()
    size = made.size if made else newest_size(folder)
    document: dict[str, Any] = {
        "size": size,
        "root": made.root.hex() if made else None,
        "written": made is not None,
        "folder": str(folder),
        "key": str(settings.data / PUBLIC_FILE),
    }
    if as_json:
        emit(document)
    elif made:
        print(f"Signed {size} entries; keep a copy of {folder} and {document['key']} elsewhere.")
    else:
        print(f"Nothing is new since the checkpoint of {size} entries.")


@app.command(help="Write the log to stdout or a file; that it was taken is itself an entry.")
def export(
    format_: Annotated[
        str, typer.Option("--format", help="jsonl (the bytes that were hashed), csv or fhir (AuditEvents).")
    ] = "jsonl",
    output: Annotated[Path | None, typer.Option(help="The file; stdout when not given.")] = None,
    kind: Kind = None,
    actor: By = None,
    subject: About = None,
    since: Since = None,
    until: Until = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say what was written as one document (needs --output).")
    ] = False,
) -> None:
    if format_ not in FORMATS:
        raise InvalidInput(f"The formats are {', '.join(FORMATS)}.", code="unknown_format")
    if as_json and output is None:
        raise InvalidInput("With --json name the file with --output: stdout cannot hold both.", code="output_missing")
    where = EntryFilter(kind=kind, actor=actor, subject=subject, since=since, until=until)
    with closing(services_from_environment()) as services:
        with services.db.transaction() as tx:
            services.log.append(
                tx, kind="audit.exported", actor=operator(), subject="audit_log", details={"format": format_}
            )
        lines = 0
        with services.db.reading() as tx:
            target = output.open("w", encoding="utf-8") if output else sys.stdout
            for lines, piece in enumerate(export_entries(tx, where, as_=format_), start=1):  # noqa: B007
                target.write(piece)
            if output:
                target.close()
    if as_json:
        emit({"file": str(output), "format": format_, "entries": lines - (format_ == "csv")})


def _of_this_installation(
    settings: Settings, checkpoints: Path | None, key: Path | None
) -> tuple[Path | None, Path | None]:
    """The folder and key to check against when none are named: the second folder first, as it lies elsewhere."""
    own_key = settings.data / PUBLIC_FILE
    if checkpoints is None:
        folders = [
            folder for folder in (settings.checkpoints, settings.data / FOLDER) if folder and newest_size(folder)
        ]
        checkpoints = folders[0] if folders else None
    return checkpoints, key or (own_key if checkpoints is not None else None)


def _opened(settings: Settings | None, database: str | None, key_file: Path | None) -> Database:
    """The database to verify, opened without changing it."""
    if settings is None:
        address = database or ""
        if address.startswith("postgresql"):
            return open_database(address, data=Path())
        return open_copy(Path(address), key_file=key_file)
    if settings.database == "sqlite":
        return open_copy(settings.data / "cds.db", key_file=key_file or settings.database_key_file)
    return open_database(settings.database, data=settings.data)


def _tell(report: Report) -> None:
    if report.fault is None:
        print(f"Nothing was altered: {report.entries} entries, {report.contents} texts, root {report.root}.")
        print(
            f"Checked against {report.checkpoints} checkpoints." if report.checkpoints else "No checkpoint was checked."
        )
    else:
        where = f"entry {report.fault.seq}" if report.fault.seq is not None else "the checkpoints"
        print(f"ALTERED at {where}: {report.fault.message} [{report.fault.code}]")
