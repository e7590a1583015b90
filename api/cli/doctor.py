"""`cds doctor`: what is wrong with this installation, and what to do about it."""

import sys
from contextlib import closing
from typing import Annotated

import typer

from api.cli.output import emit, say
from api.services import services_from_environment

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_MARKS = {"good": "ok  ", "look": "look", "bad": "BAD "}


@app.command(help="Look at every part of this installation; exit 1 when one is wrong. Changes nothing.")
def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    from api.doctor import examine, to_json

    with closing(services_from_environment()) as services:
        found = examine(services, on_check=_tell if sys.stderr.isatty() and not as_json else _be_silent)
    document = to_json(found)
    if as_json:
        emit(document)
    else:
        for name, one in found:
            print(f"{_MARKS[one.state]}  {name:<12} {one.text}")
            if one.do:
                print(f"{'':18} → {one.do}")
        wrong = sum(one.state == "bad" for _, one in found)
        worth = sum(one.state == "look" for _, one in found)
        say(f"{wrong} wrong, {worth} worth a look." if wrong or worth else "All is well.")
    if not document["ok"]:
        raise SystemExit(1)


def _tell(name: str) -> None:
    print(f"\r\033[Klooking at {name} …", end="\r", file=sys.stderr, flush=True)


def _be_silent(name: str) -> None:
    return None
