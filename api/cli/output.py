"""What every command prints: one JSON document on stdout, everything else on stderr."""

import sys
from typing import Any, NoReturn

import orjson

REFUSED = 3  # done, but some inputs were refused


def emit(document: Any) -> None:
    """Print one JSON document; dates, moments and frozen dataclasses are written as JSON has them."""
    sys.stdout.write(orjson.dumps(document, default=_plain, option=orjson.OPT_INDENT_2).decode() + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Tell the person at the terminal something that is not the result."""
    print(text, file=sys.stderr, flush=True)


def done(*, refused: bool) -> NoReturn:
    """End the command: 0, or 3 when some inputs were refused."""
    raise SystemExit(REFUSED if refused else 0)


def _plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(type(value).__name__)
