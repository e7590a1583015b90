"""`cds restore`: a backup onto an empty machine, its log verified and its index rebuilt before it serves."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import emit, say
from api.services import operator, services_from_environment
from cds.db import read_or_make_key
from cds.errors import Integrity, InvalidInput

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help="Bring a backup into an empty data folder and database, verify the log and rebuild the index.")
def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    key_file: Annotated[Path, typer.Option("--key", help="The key it was sealed with.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    from api.backup import read_backup
    from cds.audit.verify import verify

    for path in (file, key_file):
        if not path.is_file():
            raise InvalidInput(f"There is no file {path}.", code="no_such_path")
    with closing(services_from_environment()) as services:
        sealing = bytes.fromhex(read_or_make_key(key_file))
        kept = read_backup(services.db, services.settings.data, file, key=sealing, progress=lambda *_: None)
        with services.db.reading() as tx:
            report = verify(tx)
        if report.fault is not None:
            raise Integrity(
                f"The backup is restored, but its log does not verify: {report.fault}. Do not serve it; "
                "`cds audit verify` says more.",
                code="log_broken",
            )
        with services.db.transaction() as tx:
            services.log.append(
                tx, kind="backup.restored", actor=operator(), subject="service", details={"rows": kept.rows}
            )
        say("The log verifies. Rebuilding the index …")
        services.builder.rebuild(actor=operator())
    document = {
        "tables": kept.tables,
        "rows": kept.rows,
        "files": kept.files,
        "entries": report.entries,
        "verified": True,
    }
    if as_json:
        emit(document)
    else:
        say(f"Restored {kept.rows} rows and {kept.files} files; {report.entries} entries verified. Now: cds serve")
