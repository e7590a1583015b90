"""The words of the patient's pages, in each language they speak."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files

import yaml
from fastapi import Request

from cds.errors import CdsError
from cds.sharing.rewording import LANGUAGES

# How each language calls itself, as the chooser shows it.
OWN_NAMES = {"en": "English", "es": "Español", "fr": "Français", "de": "Deutsch"}


@cache
def words(language: str) -> Mapping[str, str]:
    """Every text of the patient's pages in this language."""
    table = yaml.safe_load((files("api") / "sharing_words.yaml").read_text(encoding="utf-8"))
    return {name: said[language] for name, said in table.items()}


def language_of(request: Request) -> str:
    """The browser's first language that the pages speak."""
    for wanted in request.headers.get("accept-language", "").lower().split(","):
        found = wanted.partition(";")[0].strip()[:2]
        if found in LANGUAGES:
            return found
    return "en"


def why_refused(refused: CdsError, language: str) -> str:
    """Why a code or a place opens nothing, in the reader's language."""
    return words(language).get(f"refused_{refused.code}", refused.message)


def day_in(value: date | str | None, language: str) -> str:
    """A day as this language writes it."""
    if not value:
        return ""
    day = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    month = words(language)["months"].split()[day.month - 1]
    dot = "." if language == "de" else ""
    return f"{day.day}{dot} {month} {day.year}"
