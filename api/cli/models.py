"""`cds models`: the catalogue of open models, what this machine can run, fetching one, trying one."""

from contextlib import closing
from typing import Annotated, Any

import typer

from api.cli.output import emit, say
from api.cli.progress import bar
from api.services import Services, services_from_environment
from cds.errors import CdsError
from cds.language_model.catalogue import Model, catalogue, default_model, find_model
from cds.language_model.fetching import fetch as fetch_weights
from cds.language_model.machine import Machine, this_machine

app = typer.Typer(add_completion=False, rich_markup_mode=None, invoke_without_command=True)


@app.callback()
def models(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False
) -> None:
    """Open models: what this machine can run, what is in use; fetch one, try one."""
    if context.invoked_subcommand is not None:
        return
    machine = this_machine()
    with closing(services_from_environment()) as services:
        document = _document(services, machine)
    if as_json:
        emit(document)
    else:
        _show(document)


@app.command(help="Bring a model's weights to this machine; an interrupted fetch goes on where it stopped.")
def fetch(
    name: Annotated[str | None, typer.Argument(help="A name of the catalogue; the default model without one.")] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="A folder, a file's address, or a model hub's address.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    model = find_model(name) if name else default_model()
    with closing(services_from_environment()) as services, bar(f"{model.title}, bytes") as progress:
        path = fetch_weights(model, services.settings.weights, source=source, progress=progress)
    assert model.weights is not None
    if as_json:
        emit({"model": model.name, "file": str(path), "sha256": model.weights.sha256, "bytes": model.weights.bytes})
    else:
        say(f"{model.title} is here: {path}")


def _document(services: Services, machine: Machine) -> dict[str, Any]:
    return {
        "machine": {
            "cores": machine.cores,
            "memory_gib": machine.memory_gib,
            "gpu": machine.gpu,
            "gpu_memory_gib": machine.gpu_memory_gib if machine.gpu else None,
        },
        "in_use": _in_use(services),
        "models": [_line(model, services, machine) for model in catalogue()],
    }


def _in_use(services: Services) -> dict[str, Any]:
    setting = services.settings.model
    try:
        model = services.model
    except CdsError as error:
        return {"setting": setting, "trouble": error.message}
    if model is None:
        return {"setting": setting, "answers": "quoted", "trouble": services.model_source.trouble}
    one = model.identity
    answers = {"draft": "drafted", "select": "selected", "none": "quoted"}[one.skill]
    return {
        "setting": setting,
        "answers": answers,
        "name": one.name,
        "digest": one.digest,
        "runtime": one.runtime,
        "context": one.context,
    }


def _line(model: Model, services: Services, machine: Machine) -> dict[str, Any]:
    fit = model.runs_on(machine)
    return {
        "name": model.name,
        "title": model.title,
        "licence": model.licence,
        "parameters_billion": model.parameters,
        "active_billion": model.active or model.parameters,
        "context": model.context,
        "memory_gib": {str(bits): model.memory_gib(bits) for bits in (4, 8, 16)},
        "runtime": model.runtime,
        "skill": model.skill,
        "tried": model.tried,
        "reasons": model.reasons,
        "begin": model.begin,
        "note": model.note,
        "this_machine": {"fits": fit.fits, "where": fit.where, "bits": fit.bits, "seconds_an_answer": fit.seconds},
        "fetchable": model.weights is not None,
        "here": model.weights is not None and (services.settings.weights / model.weights.file).exists(),
    }


def _show(document: dict[str, Any]) -> None:
    machine, used = document["machine"], document["in_use"]
    card = f", {machine['gpu']} with {machine['gpu_memory_gib']} GiB" if machine["gpu"] else ", no graphics card"
    print(f"This machine: {machine['cores']} cores, {machine['memory_gib']} GiB{card}")
    print(f"In use: {used.get('name', 'none')} ({used.get('answers', 'quoted')})")
    if used.get("trouble"):
        print(f"  {used['trouble']}")
    print()
    print(f"{'name':32} {'billions':>9} {'context':>9} {'GiB at 4':>8} {'8':>6} {'16':>6}  {'here runs':18} licence")
    for one in document["models"]:
        size, fit = one["memory_gib"], one["this_machine"]
        runs = f"{fit['where']}, {fit['bits']} bits, {fit['seconds_an_answer']:.0f} s" if fit["fits"] else "no"
        if one["skill"] == "none":
            runs = "unfit to answer" if one["tried"] else "not tried"
        mark = "*" if one["here"] else " "
        print(
            f"{mark}{one['name']:31} {one['parameters_billion']:9g} {one['context']:9} {size['4']:8} {size['8']:6} "
            f"{size['16']:6}  {runs:18} {one['licence']}"
        )
    print()
    for one in document["models"]:
        if one["begin"]:
            print(f"Begin with, {one['begin']}: {one['title']}. {one['note']}")
    print("* weights are here. A machine's own figures differ: `cds models use NAME` tries one.")
