"""`cds selftest`: ten fixed cases end to end on this machine."""

import sys
from typing import Annotated

import typer

from api.cli.output import emit, say
from api.services import services_from_environment

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(help="Run ten fixed cases end to end, on samples in a folder thrown away; exit 1 when one fails.")
def selftest(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False) -> None:
    from api.selftest import run_selftest

    cases = run_selftest(services_from_environment().settings, on_case=_tell if sys.stderr.isatty() else _be_silent)
    if as_json:
        emit({"ok": all(case.passed for case in cases), "cases": cases})
    else:
        for case in cases:
            print(f"{'ok  ' if case.passed else 'FAIL'}  {case.seconds:6.2f} s  {case.name}\n{'':16}{case.found}")
        passed = sum(case.passed for case in cases)
        say(f"{passed} of {len(cases)} passed.")
    if not all(case.passed for case in cases):
        raise SystemExit(1)


def _tell(name: str) -> None:
    print(f"\r\033[K{name} …", end="\r", file=sys.stderr, flush=True)


def _be_silent(name: str) -> None:
    return None
