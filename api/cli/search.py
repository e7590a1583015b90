"""`cds search`: the passages that bear on a question."""

from typing import Annotated, Any

import typer

from api.cli.days import day
from api.cli.output import emit
from api.cli.scope import open_named
from api.record_search import search_record
from api.services import Services, operator, services_from_environment
from cds.evidence import Evidence, Hit, SearchFilter

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help="Find the passages in force that bear on a question.")
def search(
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    limit: Annotated[int, typer.Option(help="How many passages to show.")] = 8,
    patient: Annotated[str | None, typer.Option(help="Search this patient's notes instead.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="A date: what was in force then.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    services = services_from_environment()
    try:
        if patient is None:
            evidence = services.knowledge.search(question, limit=limit, where=SearchFilter(as_of=day(as_of)))
        else:
            evidence = _in_record(services, question, patient, limit)
        if as_json:
            emit(as_document(evidence))
        else:
            _show(evidence)
    finally:
        services.close()


def as_document(evidence: Evidence) -> dict[str, Any]:
    """What a search found, as every door gives it."""
    return {
        "hits": [_hit(hit) for hit in evidence.hits],
        "generation": evidence.generation,
        "mode": evidence.mode,
        "relevance": round(evidence.relevance, 4),
        "milliseconds": {name: round(value, 2) for name, value in evidence.milliseconds.items()},
    }


def _hit(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    return {
        "passage": passage.id,
        "score": round(hit.score, 4),
        "text": passage.text,
        "document": {
            "id": passage.document.id,
            "title": passage.document.title,
            "publisher": passage.document.publisher,
            "version": passage.document.version,
            "published": passage.document.published,
        },
        "section": list(passage.section),
        "page": passage.page,
    }


def _in_record(services: Services, question: str, patient: str, limit: int) -> Evidence:
    return search_record(services, question, open_named(services, patient), actor=operator(), limit=limit)


def _show(evidence: Evidence) -> None:
    if not evidence.hits:
        print("Nothing in this library bears on the question.")
    if evidence.mode == "keyword":
        print("(by words only: the index or the embedder cannot be used now)")
    for hit in evidence.hits:
        passage = hit.passage
        page = f", page {passage.page}" if passage.page is not None else ""
        where = " › ".join((passage.document.title, *passage.section))
        print(f"\n{hit.score:.2f}  {where}{page}  [{passage.id}]\n{passage.text}")
