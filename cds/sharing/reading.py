"""How easily a text reads: the Flesch-Kincaid school grade, and everyday words for clinical ones."""

import re
from functools import lru_cache
from importlib.resources import files

from cds.sentences import split_sentences

# Most patient-information standards ask for grade 6; above 8 half of adults lose the thread.
TARGET, HARD = 6.0, 8.0
_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*|\d[\d,.]*")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?:[^laeiouy]es|[^aeioutdy]ed|[^laeiou]e)$")


def grade(text: str) -> float | None:
    """The school grade that reads this; None where there is nothing to read."""
    sentences = split_sentences(text)
    words = _WORD.findall(text)
    if not words or not sentences:
        return None
    syllables = sum(map(_syllables, words))
    # Kincaid and others 1975, for the US Navy.
    return round(max(0.0, 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59), 1)


def plain(text: str) -> str:
    """The same with everyday words where there is one that says the same."""
    for pattern, everyday in _everyday():
        text = pattern.sub(lambda match, word=everyday: word.capitalize() if match[0][0].isupper() else word, text)  # type: ignore[misc]
    return text


def glossary(text: str) -> dict[str, str]:
    """The hard words of a text that have an explanation, in their order in the list."""
    return {word: meaning for word, pattern, meaning in _explained() if pattern.search(text)}


@lru_cache(maxsize=1)
def _explained() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    lines = (files("cds.sharing") / "hard_words.csv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [line.split(",", 1) for line in lines if line.strip()]
    return tuple(
        (word, re.compile(rf"\b{re.escape(word)}s?\b", re.I if word.islower() else 0), meaning.strip())
        for word, meaning in pairs
    )


def _syllables(word: str) -> int:
    if word[0].isdigit():
        return 1  # figures are read at a glance
    word = word.lower()
    return max(1, len(_VOWELS.findall(_SILENT.sub(lambda found: found[0][0], word))))


@lru_cache(maxsize=1)
def _everyday() -> tuple[tuple[re.Pattern[str], str], ...]:
    lines = (files("cds.sharing") / "everyday_words.csv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [line.split(",", 1) for line in lines if line.strip()]
    pairs.sort(key=lambda pair: -len(pair[0]))
    return tuple((re.compile(rf"\b{re.escape(clinical)}\b", re.I), everyday.strip()) for clinical, everyday in pairs)
