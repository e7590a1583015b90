"""`cds models`: the catalogue of open models, what this machine can run, fetching one, trying one."""

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.evaluate_answers import measure, spread
from api.cli.output import emit, say
from api.cli.progress import bar
from api.services import Services, services_from_environment
from cds.errors import CdsError, InvalidInput
from cds.evaluation.answers import read_cases
from cds.evaluation.trial import Trial, try_model
from cds.language_model import ModelIdentity, Skill
from cds.language_model.catalogue import Model, catalogue, default_model, find_model
from cds.language_model.choosing import keep_setting, open_model, remember_trial
from cds.language_model.fetching import fetch as fetch_weights
from cds.language_model.machine import Machine, this_machine

# Drafting is worth more and needs more, so it is tried first.
_SKILLS: tuple[Skill, ...] = ("draft", "select")

# What a site may expect of a model: as much as of the service itself.
_BOUNDS = {"answered_or_quoted": 0.9, "abstention": 0.9, "right_document": 0.95, "groundedness": 0.98}

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


@app.command(help="Try a model on ten cases, say how it did, and put it in use when it is fit.")
def use(
    name: Annotated[str, typer.Argument(metavar="NAME|ADDRESS|FILE", help="As in the setting CDS_MODEL.")],
    model_name: Annotated[str | None, typer.Option("--name", help="The model's name on that server.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    with closing(services_from_environment(**_settings(name, model_name))) as services:
        identity, trials, skill = _tried(services)
        settings = services.settings
        if skill != "none":
            remember_trial(settings.weights, identity.digest, skill)
            keep_setting(settings.data, model=settings.model, model_name=settings.model_name)
    document = {
        "model": identity.name,
        "digest": identity.digest,
        "skill": skill,
        "in_use": skill != "none",
        "trials": [asdict(trial) for trial in trials],
    }
    if as_json:
        emit(document)
        return
    for trial in trials:
        print(f"{trial.skill:8} {trial.right} of {trial.cases} right, {trial.seconds} s an answer")
    kept = {
        "draft": "It will draft statements.",
        "select": "It will select sentences.",
        "none": "It is not put in use.",
    }
    print(f"{identity.name}: {kept[skill]}")


@app.command(help="Try several models on the same cases and name the smallest that passes.")
def compare(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Names of the catalogue, or files.")],
    cases: Annotated[
        list[Path] | None, typer.Option(help="The site's own labelled questions; without them the ten built in.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Only so many questions, spread evenly.")] = 40,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    lines = [_on_cases(name, cases, limit) if cases else _on_ten(name) for name in names]
    fit = [line for line in lines if line["passes"]]
    smallest = min(fit, key=lambda line: line["size"])["model"] if fit else None
    if as_json:
        emit({"models": lines, "smallest_that_passes": smallest})
        return
    for line in lines:
        print(f"{line['model']:32} {line['skill']:8} {_said(line)}")
    print(f"The smallest that passes: {smallest}" if smallest else "None of them passes.")


def _on_ten(name: str) -> dict[str, Any]:
    with closing(services_from_environment(**_settings(name, None))) as services:
        identity, trials, skill = _tried(services)
    best = max(trials, key=lambda trial: (trial.skill == skill, trial.right))
    found = {"model": identity.name, "size": _size(name, services), **asdict(best), "skill": skill}
    return {**found, "passes": skill != "none"}


def _on_cases(name: str, cases: list[Path], limit: int) -> dict[str, Any]:
    """The whole pipeline over the site's questions; a model without a skill is quoted, which is no pass of its own."""
    with closing(services_from_environment(**_settings(name, None))) as services:
        figures = measure(services, spread(read_cases(cases), limit))
        model = services.model
    if model is None:
        raise InvalidInput("There is no model to compare: name one.", code="no_model")
    by_model = figures["status"].get("answered", 0)
    passes = by_model > 0 and all((figures[key] or 0.0) >= least for key, least in _BOUNDS.items())
    kept = {key: figures[key] for key in (*_BOUNDS, "status", "seconds", "model_seconds")}
    return {
        "model": model.identity.name,
        "skill": model.identity.skill,
        "size": _size(name, services),
        **kept,
        "passes": passes,
    }


def _said(line: dict[str, Any]) -> str:
    if "right" in line:
        return f"{line['right']} of {line['cases']} right, {line['seconds']} s"
    shares = ", ".join(f"{key.replace('_', ' ')} {line[key]:.1%}" for key in _BOUNDS if line[key] is not None)
    return f"{shares}, {line['seconds']['p50']} s; {'passes' if line['passes'] else 'does not pass'}"


def _settings(name: str, model_name: str | None) -> dict[str, Any]:
    given = {"model": str(Path(name).resolve()) if Path(name).is_file() else name}
    return given | ({"model_name": model_name} if model_name else {})


def _tried(services: Services) -> tuple[ModelIdentity, list[Trial], Skill]:
    """Both skills, the better one first: drafting is worth more, and needs more."""
    trials: list[Trial] = []
    identity = None
    for skill in _SKILLS:
        model = open_model(services.settings, skill=skill)
        if model is None:
            raise InvalidInput("There is no model to try: name one.", code="no_model")
        identity = model.identity
        with bar(f"{identity.name}, {skill}") as progress:
            trials.append(try_model(model, skill, progress=progress))
        close = getattr(model, "close", None)
        if close is not None:
            close()
        if trials[-1].passed:
            return identity, trials, skill
    assert identity is not None
    return identity, trials, "none"


def _size(name: str, services: Services) -> float:
    try:
        return find_model(name).parameters
    except CdsError:
        path = Path(name)
        return path.stat().st_size / 1e9 if path.is_file() else float("inf")


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
