"""What the record says: statistics and the governance card."""

from contextlib import closing
from typing import Annotated

import typer

from api.cli.output import emit
from api.cli.review.group import Json, Since, Until, app, moment
from api.services import operator, services_from_environment
from cds.errors import InvalidInput
from cds.review.card import card as make_card
from cds.review.card import state_attribute
from cds.review.card_fhir import card_to_fhir
from cds.review.listing import ReviewFilter
from cds.review.statistics import statistics as count
from cds.review.statistics_json import statistics_to_json


@app.command(help="What the record says: volume, outcomes, decisions, times, cohorts.")
def statistics(since: Since = None, until: Until = None, as_json: Json = False) -> None:
    where = ReviewFilter(since=moment(since), until=moment(until))
    with closing(services_from_environment()) as services, services.db.reading() as tx:
        found = count(tx, where, now=services.clock.now())
    if as_json:
        emit(statistics_to_json(found))
        return
    for title, numbers in (
        ("Consults", {"total": found.total, **found.by_status}),
        ("Decisions", found.decided),
        ("Reasons", found.reasons),
        ("Withheld, by check", found.withheld),
        ("Warnings shown", found.warnings),
    ):
        print(title)
        for name, number in numbers.items():
            print(f"  {name:<36} {number:>8,}")
    for cohort, group, measure in found.marks:
        print(f"MARKED  {cohort} {group}: {measure} outside 0.8 to 1.25 of all others")


@app.command(help="The governance card; with an attribute and a text, put a dated statement on it.")
def card(
    attribute: Annotated[str | None, typer.Option(help="The attribute to state something of.")] = None,
    text: Annotated[str | None, typer.Option(help="The statement.")] = None,
    as_fhir: Annotated[bool, typer.Option("--fhir", help="Print it as a FHIR Library.")] = False,
    as_json: Json = False,
) -> None:
    with closing(services_from_environment()) as services:
        if attribute is not None or text is not None:
            if attribute is None or text is None:
                raise InvalidInput("A statement needs --attribute and --text.")
            with services.db.transaction() as tx:
                state_attribute(tx, operator(), attribute, text, log=services.log, clock=services.clock)
        with services.db.reading() as tx:
            made = make_card(tx, clock=services.clock)
    if as_fhir or as_json:
        emit(card_to_fhir(made, software=services.software) if as_fhir else made.to_json())
        return
    for line in made.lines:
        print(f"{line.attribute.id:<14} {line.state:<9} {line.attribute.text}")
        if line.text:
            print(f"{'':<24} {line.text}")
