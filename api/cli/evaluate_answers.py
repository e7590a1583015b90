"""`cds evaluate answers`: labelled questions through the whole pipeline, and the threshold they justify."""

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, cast

import typer
import yaml

from api.cli.output import emit, say
from api.cli.progress import bar
from api.cli.scope import open_named
from api.services import Services, operator, services_from_environment
from cds.consult import ConsultParts, Question, propose
from cds.errors import InvalidInput
from cds.evaluation.answers import Case, Row, read_cases, report, run
from cds.evaluation.drafts import KeptDrafts
from cds.evaluation.html import page
from cds.evaluation.probe import probe
from cds.evaluation.threshold import NEVER
from cds.language_model import Skill
from cds.language_model.choosing import open_model
from cds.patient import PatientFacts
from cds.policy import Policy
from cds.prompts import load_prompt
from cds.recommendation import Recommendation

HELP = "Measure answers on labelled questions: right, silent, withheld, and how fast."


def answers(
    cases: Annotated[list[Path], typer.Option(help="One case a line; may be given more than once.")],
    half: Annotated[str | None, typer.Option(help="Only the `development` or the `held_out` cases.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only so many cases, spread evenly.")] = None,
    alpha: Annotated[float, typer.Option(min=0.001, max=0.999, help="The share of wrong answers allowed.")] = 0.1,
    delta: Annotated[float, typer.Option(min=0.001, max=0.999, help="How often the promise may fail.")] = 0.1,
    choose: Annotated[bool, typer.Option("--choose-threshold", help="Keep silent about nothing, and choose.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Put the chosen threshold in force.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the report here as a page.")] = None,
    rows: Annotated[Path | None, typer.Option(help="Write every answer here, one a line.")] = None,
    drafts: Annotated[
        Path | None, typer.Option(help="Keep here what the model writes; what is kept is not asked again.")
    ] = None,
    skill: Annotated[str | None, typer.Option(help="Let the model `draft` or `select`, fit for it or not.")] = None,
    probed: Annotated[
        bool, typer.Option("--probe", help="Ask again with one thing changed: does the answer rest on what it cites?")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    if write and not choose:
        raise InvalidInput("--write goes with --choose-threshold.", code="nothing_chosen")
    asked = spread(read_cases(cases, half=half), limit)
    with closing(services_from_environment()) as services:
        parts = _parts(services, skill=skill, drafts=drafts)
        if choose:
            parts = replace(parts, policy=Policy((), otherwise=0.0))
        with bar("questions") as progress:
            outcome = run(asked, lambda case: _ask(services, parts, case), progress=progress)
        figures = report(outcome, alpha=alpha, delta=delta)
        if probed:
            with bar("changes") as progress:
                figures["probe"] = [asdict(one) for one in probe(asked, parts, _propose, progress=progress)]
        figures["model"] = parts.model.identity.name if parts.model is not None else None
        if write:
            _put_in_force(services, figures, parts, cases)
    if html is not None:
        html.write_text(page(figures, outcome, title="How good the answers are"), encoding="utf-8")
    if rows is not None:
        _write_rows(rows, outcome)
    if as_json:
        emit(figures)
    else:
        _show(figures)


def _parts(services: Services, *, skill: str | None, drafts: Path | None) -> ConsultParts:
    """What a consult is made from, with the model held to one skill and its drafts kept."""
    parts = services.consult_parts()
    if skill is not None:
        if skill not in ("draft", "select"):
            raise InvalidInput("--skill is draft or select.", code="unknown_skill")
        parts = replace(parts, model=open_model(services.settings, skill=cast("Skill", skill)))
    if drafts is not None and parts.model is not None:
        parts = replace(parts, model=KeptDrafts(parts.model, drafts))
    return parts


def _ask(services: Services, parts: ConsultParts, case: Case) -> tuple[Recommendation, float]:
    scope = open_named(services, case.patient) if case.patient else None
    facts = None
    if scope is not None:
        with services.db.reading() as tx:
            facts = services.records.facts(tx, scope)
    kept = parts.model if isinstance(parts.model, KeptDrafts) else None
    remembered = kept.remembered if kept is not None else 0.0
    began = time.monotonic()
    answer = propose(Question(case.question), parts, actor=operator(), scope=scope, facts=facts)
    seconds = time.monotonic() - began
    return answer, seconds + (kept.remembered - remembered if kept is not None else 0.0)


def _propose(question: str, parts: ConsultParts, facts: PatientFacts | None) -> Recommendation:
    return propose(Question(question), parts, actor=operator(), facts=facts)


def measure(services: Services, cases: Sequence[Case]) -> dict[str, Any]:
    """The figures of these cases with the model in use."""
    parts = services.consult_parts()
    with bar("questions") as progress:
        outcome = run(cases, lambda case: _ask(services, parts, case), progress=progress)
    return report(outcome, alpha=0.1, delta=0.1)


def spread(cases: tuple[Case, ...], limit: int | None) -> tuple[Case, ...]:
    """So many of them, evenly."""
    if limit is None or limit >= len(cases):
        return cases
    return tuple(cases[at * len(cases) // limit] for at in range(limit))


def _put_in_force(services: Services, figures: dict[str, Any], parts: ConsultParts, cases: list[Path]) -> None:
    chosen = figures["threshold"]
    if chosen["threshold"] >= NEVER:
        raise InvalidInput(
            f"No threshold keeps wrong answers at {chosen['alpha']:.0%} with these {chosen['questions']} questions. "
            "Label more questions, or allow more.",
            code="no_threshold",
        )
    identity = parts.model.identity if parts.model is not None and parts.model.identity.skill != "none" else None
    entry = {
        "relevance": round(chosen["threshold"], 4),
        "alpha": chosen["alpha"],
        "delta": chosen["delta"],
        "questions": chosen["questions"],
        "embedder": services.embedder.digest,
        "model": identity.digest if identity is not None else None,
        "prompt": load_prompt(identity.skill).sha256 if identity is not None else None,
        "source": ", ".join(path.name for path in cases),
    }
    path = services.settings.data / "policy.yaml"
    old = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    same = ("embedder", "model", "prompt")
    kept = [one for one in old.get("thresholds", []) if any(one[key] != entry[key] for key in same)]
    content = {"otherwise": services.policy.otherwise, "thresholds": [entry, *kept]}
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    say(f"In force from the next start: {path}")


def _write_rows(path: Path, outcome: tuple[Row, ...]) -> None:
    import orjson

    path.write_bytes(b"".join(orjson.dumps(asdict(row)) + b"\n" for row in outcome))


def _show(figures: dict[str, Any]) -> None:
    print(f"{figures['cases']['answerable']} answerable and {figures['cases']['unanswerable']} unanswerable questions")
    print(f"  status                                  {figures['status']}")
    for key, label in (
        ("answered_or_quoted", "answerable: answered or quoted"),
        ("abstention", "unanswerable: silent"),
        ("right_document", "right document cited"),
        ("right_passage", "right passage cited"),
        ("groundedness", "shown statements borne out"),
    ):
        value = figures[key]
        print(f"  {label:38}  {'—' if value is None else f'{value:.1%}'}")
    print(f"  {'statements withheld':38}  {figures['withheld']['statements']}")
    timed = {"seconds": "seconds", "model_seconds": "  of them the model", "without_model_seconds": "  all else"}
    for key, label in timed.items():
        if figures[key]:
            print(f"  {label:38}  p50 {figures[key]['p50']}, p95 {figures[key]['p95']}")
    for one in figures.get("probe", ()):
        share = f"{one['held'] / one['tried']:.1%}" if one["tried"] else "—"
        print(f"  {one['name']:68}  {share} of {one['tried']}")
    chosen = figures["threshold"]
    print(
        f"  threshold for at most {chosen['alpha']:.0%} wrong, {1 - chosen['delta']:.0%} sure: "
        f"{chosen['threshold']:.3f}, answering {chosen['coverage']:.0%}"
    )
