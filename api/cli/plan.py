"""`cds plan`: how large a machine must be."""

from dataclasses import asdict
from typing import Annotated

import typer

from api.cli.output import emit
from api.plan import plan as plan_for

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_GB = 1e9


@app.command(help="Memory, disk and model slots for a site of this size, and when to move which part to what.")
def plan(
    passages: Annotated[int, typer.Option(min=0, help="Passages of the library; a guideline of 40 pages has 200.")],
    patients: Annotated[int, typer.Option(min=0, help="Patients whose extracts are loaded.")],
    consults_per_hour: Annotated[float, typer.Option(min=0, help="Questions in the busiest hour.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    found = plan_for(passages=passages, patients=patients, consults_per_hour=consults_per_hour)
    if as_json:
        emit(asdict(found))
        return
    print(f"memory       {found.memory / _GB:8.1f} GB")
    print(f"disk         {found.disk / _GB:8.1f} GB, and {found.disk_a_year / _GB:.1f} GB more each year")
    print(f"model slots  {found.model_slots:8}    each two cores with the default model")
    for move in found.moves:
        print(f"\nMove {move.part} to {move.to}:\n  {move.why}.")
