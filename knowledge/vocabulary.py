"""Clinical abbreviations and everyday names: what a question may also be asked with."""

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("vocabulary.csv")
_WORD = re.compile(r"[A-Za-z0-9]+(?:[-'][A-Za-z0-9]+)*")
_LONGEST = 4  # words in the longest everyday name of the file


@cache
def vocabulary() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What abbreviations mean, as written, and what everyday names mean, in small letters."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    abbreviations = {row["term"]: row["means"] for row in rows if row["kind"] == "abbreviation"}
    return abbreviations, {row["term"]: row["means"] for row in rows if row["kind"] == "lay"}


def spelled_out(question: str) -> str:
    """The question with the meaning of each abbreviation after it: the embedder has read more words than letters."""
    abbreviations, _ = vocabulary()
    if question.isupper():
        return question  # who writes everything in capitals marks nothing by them
    return _WORD.sub(
        lambda found: f"{found[0]} ({abbreviations[found[0]]})" if found[0] in abbreviations else found[0], question
    )


def in_full(question: str) -> str:
    """The question with each abbreviation replaced by its meaning, for what compares it word by word."""
    abbreviations, _ = vocabulary()
    if question.isupper():
        return question
    return _WORD.sub(lambda found: abbreviations.get(found[0], found[0]), question)


def other_names(question: str) -> list[str]:
    """The clinical names of what the question says in everyday words."""
    _, lay = vocabulary()
    said = [word.lower() for word in _WORD.findall(question)]
    found = [
        lay[name]
        for length in range(_LONGEST, 0, -1)
        for start in range(len(said) - length + 1)
        if (name := " ".join(said[start : start + length])) in lay
    ]
    return list(dict.fromkeys(found))
