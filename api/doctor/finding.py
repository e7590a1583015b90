"""One thing seen: well, worth a look, or wrong with what to do about it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of one part, and what to do where something is to be done."""

    state: Literal["good", "look", "bad"]
    text: str
    do: str = ""
    code: str = "ok"


def good(text: str) -> Finding:
    return Finding("good", text)


def look(text: str, do: str, *, code: str) -> Finding:
    """Works, and somebody should know."""
    return Finding("look", text, do, code)


def bad(text: str, do: str = "", *, code: str) -> Finding:
    """Does not work, or must not stay so."""
    return Finding("bad", text, do, code)
