"""`cds evaluate`: how well each part works, measured on cases that others can repeat."""

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.evaluate_answers import HELP as ANSWERS_HELP
from api.cli.evaluate_answers import answers
from api.cli.output import done, emit, say
from api.services import services_from_environment

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def evaluate() -> None:
    """Measure retrieval, claims or answers."""


app.command("answers", help=ANSWERS_HELP)(answers)


@app.command(help="Measure retrieval on a test set in BEIR layout.")
def retrieval(
    beir: Annotated[Path, typer.Option(help="A folder with corpus.jsonl, queries.jsonl and qrels/test.tsv.")],
    baselines: Annotated[bool, typer.Option("--baselines", help="Measure the usual ways beside it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    from api.cli.progress import bar
    from knowledge.beir import evaluate as measure
    from knowledge.beir import read_test_set
    from knowledge.embedding import open_embedder

    tests = read_test_set(beir)
    services = services_from_environment()
    with bar("embedding") as progress:
        report = measure(tests, open_embedder(services.settings.embedder), progress, with_baselines=baselines)
    if as_json:
        emit(report)
    else:
        _show(report)


@app.command(help="Measure the checks on labelled claims.")
def claims(
    cases: Annotated[Path, typer.Option(help="JSON lines of claim, evidence (a list of texts) and label.")],
    mutate: Annotated[
        bool, typer.Option("--mutate", help="Make false claims of the true ones and measure those too.")
    ] = False,
    half: Annotated[str, typer.Option(help="Only the claims of this half, e.g. held_out.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    from cds.evaluation.claims import evaluate_claims, false_claims, read_claims

    read, refused = read_claims(cases)
    chosen = [claim for claim in read if not half or claim.half == half]
    if mutate:
        chosen += list(false_claims([claim for claim in chosen if claim.label == "supported"]))
    report = evaluate_claims(chosen, refused)
    if as_json:
        emit(report)
    else:
        _show_claims(report)
    for bad in refused:
        say(f"line {bad.line} is refused: {bad.reason}")
    done(refused=bool(refused))


def _show_claims(report: dict[str, Any]) -> None:
    labels = list(report["confusion"])
    print(f"{'label':16}" + "".join(f"{verdict:>15}" for verdict in labels))
    for label in labels:
        print(f"{label:16}" + "".join(f"{report['confusion'][label][verdict]:15}" for verdict in labels))
    for kind, by in report.get("blocked", {}).items():
        print(f"{kind:16} {by['blocked']:6} of {by['made']:6} blocked ({by['share']:.1%})")
    times = report["ms_per_claim"]
    say(f"{report['claims']} claims; p50 {times['p50']} ms, p95 {times['p95']} ms, p99 {times['p99']} ms")


def _show(report: dict[str, Any]) -> None:
    rows = {"this": report, **report.get("baselines", {})}
    print(f"{'':16} {'nDCG@10':>8} {'R@5':>7} {'R@10':>7} {'R@100':>7} {'MRR@10':>7} {'ms p50':>7} {'p95':>7}")
    for name, row in rows.items():
        figures = [row[key] for key in ("recall@5", "recall@10", "recall@100", "mrr@10")]
        times = [row["ms_per_query"][key] for key in ("p50", "p95")]
        cells = " ".join(f"{value:7.4f}" for value in figures) + " " + " ".join(f"{value:7.1f}" for value in times)
        print(f"{name:16} {row['ndcg@10']:8.4f} {cells}")
    for name, by in report.get("differences", {}).items():
        say(f"nDCG@10 against {name}: {by['mean']:+.4f} (95 % interval {by['low']:+.4f} to {by['high']:+.4f})")
    say(f"{report['queries']} questions")
