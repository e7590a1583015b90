"""`cds bundle`: a folder that installs the service on a machine without internet."""

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import emit, say
from api.services import services_from_environment

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help="Write a folder that installs the service without internet: wheels, weights, library, licences.")
def bundle(
    folder: Annotated[Path, typer.Argument(help="A new folder.")],
    wheel: Annotated[Path | None, typer.Option(help="This service's own wheel, if installed from one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    from api.bundle import write_bundle

    with closing(services_from_environment()) as services:
        made = write_bundle(services, folder, say=say, own_wheel=wheel)
    if as_json:
        emit({"folder": str(folder), **asdict(made)})
    else:
        say(
            f"{folder}: {made.wheels} wheels, {made.guidelines} guidelines, {made.weights} models, "
            f"{made.bytes / 1e9:.1f} GB.\nOn the other machine, with the same Python and processor: "
            f"python3 {folder.name}/install.py /opt/cds --data /var/lib/cds"
        )
