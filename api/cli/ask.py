"""`cds ask`: one question, answered from the library and recorded."""

import sys
import textwrap
from contextlib import closing
from typing import Annotated

import typer

from api.cli.days import day
from api.cli.output import emit, say
from api.cli.scope import open_named
from api.services import operator, services_from_environment
from cds.consult import Question, Stage, consult
from cds.recommendation import Citation, Recommendation
from cds.recommendations import to_json

app = typer.Typer(add_completion=False, rich_markup_mode=None)

# What the person at the terminal reads while waiting.
_SAYS = {
    "searching": "searching the library",
    "reading": "the language model is reading",
    "checking": "checking each sentence against what it cites",
}
_HEADS = {
    "answered": "Answer, each statement checked against its source",
    "quoted": "From the guidelines, word for word",
    "abstained": "No answer",
    "referred": "Not a question for this service",
}
_WIDTH = 100
EXPIRED = (
    "How sure an answer must be was chosen for another model, embedder or prompt than are in use; the cautious default "
    "is used. Choose anew: cds evaluate answers --choose-threshold --write"
)


@app.command(help="Ask a question; the answer cites the library, and is recorded.")
def ask(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    patient: Annotated[str | None, typer.Option(help="Ask for this patient: the id, or the record number.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="A date: by the editions in force then.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    with closing(services_from_environment()) as services:
        recommendation, audit = consult(
            Question(question, as_of=day(as_of)),
            services.consult_parts(),
            actor=operator(),
            scope=open_named(services, patient) if patient is not None else None,
            on_stage=_tell if sys.stderr.isatty() else _be_silent,
        )
    if as_json:
        emit(to_json(recommendation, audit))
        return
    print(as_text(recommendation))
    say(f"Recorded as {recommendation.id} (entry {audit.seq}). Decide with: cds decide {recommendation.id} accepted")


def as_text(recommendation: Recommendation) -> str:
    """The recommendation for a terminal: warnings first, then statements with their sources."""
    lines: list[str] = []
    for warning in recommendation.warnings:
        lines += _wrapped(f"{warning.severity.upper()}: {warning.text}", "! ")
    lines += [_HEADS[recommendation.status], ""]
    if recommendation.referral is not None:
        lines += _wrapped(recommendation.referral.text)
    if recommendation.abstention is not None:
        lines += _wrapped(recommendation.abstention.text)
    for number, statement in enumerate(recommendation.statements, 1):
        lines += _wrapped(statement.text, f"{number}. ")
        if statement.applies == "excluded":
            lines += _wrapped(f"Not meant for this patient: {'; '.join(b.text for b in statement.because)}", "   ! ")
        for citation in statement.citations:
            lines += _wrapped(f"— {_source(citation)}", "   ")
            if citation.quote != statement.text:
                lines += _wrapped(f"“{citation.quote}”", "     ")
    for found in recommendation.contradictions:
        lines += ["", *_wrapped(f"Sources differ on {found.about}:", "! ")]
        for side in (found.left, found.right):
            lines += [*_wrapped(f"“{side.quote}”", "   "), *_wrapped(f"— {_source(side)}", "   ")]
    if recommendation.status in ("abstained", "referred") and recommendation.evidence:
        lines += ["", "Nearest passages:"]
        for hit in recommendation.evidence[:3]:
            passage = hit.passage
            lines += _wrapped(f"{passage.document.title} › {' › '.join(passage.section)}", "   ")
    if recommendation.missing_facts:
        lines += ["", *_wrapped(f"Unknown of this patient: {', '.join(recommendation.missing_facts)}")]
    if recommendation.extra.get("threshold") == "expired":
        lines += ["", *_wrapped(EXPIRED)]
    if recommendation.withheld:
        lines += [
            "",
            f"{len(recommendation.withheld)} statement(s) were withheld: they were not borne out by their source.",
        ]
    return "\n".join(lines)


def _source(citation: Citation) -> str:
    place = [citation.title, citation.version, *citation.section]
    page = f", page {citation.page}" if citation.page is not None else ""
    late = " (past its review date)" if citation.past_review else ""
    return " › ".join(part for part in place if part) + page + late


def _wrapped(text: str, first: str = "") -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def _tell(stage: Stage) -> None:
    if stage.name == "evidence":
        say(f"… {len(stage.hits)} passages found")
    elif stage.name in _SAYS:
        say(f"… {_SAYS[stage.name]}")


def _be_silent(stage: Stage) -> None:
    pass
