"""`cds backup`: everything the service keeps, in one sealed file, while it runs."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import emit, say
from api.services import operator, services_from_environment
from cds.db import read_or_make_key
from cds.errors import InvalidInput

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help="Write everything the service keeps to one sealed file; the service may go on running.")
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    key_file: Annotated[
        Path | None, typer.Option("--key", help="The key it is sealed with; default: CDS_DATA/backup.key, made once.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    from api.backup import write_backup

    if file.exists():
        raise InvalidInput(
            f"{file} exists already, and a backup is never overwritten. Name another file.", code="exists"
        )
    if not file.absolute().parent.is_dir():
        raise InvalidInput(f"There is no folder {file.absolute().parent}. Make it first.", code="no_such_path")
    with closing(services_from_environment()) as services:
        key = key_file or services.settings.data / "backup.key"
        fresh = not key.exists()
        sealing = bytes.fromhex(read_or_make_key(key))
        kept = write_backup(services.db, services.settings.data, file.absolute(), key=sealing, progress=lambda *_: None)
        with services.db.transaction() as tx:
            services.log.append(
                tx, kind="backup.written", actor=operator(), subject="service", details={"rows": kept.rows}
            )
    if fresh:
        say(f"The key is {key}. Keep a copy elsewhere: without it no backup can be restored.")
    if as_json:
        emit({"file": str(file), "tables": kept.tables, "rows": kept.rows, "files": kept.files, "bytes": kept.bytes})
    else:
        say(f"{file}: {kept.rows} rows, {kept.files} files, {kept.bytes / 1e6:.1f} MB, sealed with {key}.")
