"""Which words say the same, and which say little: synonyms, stop words and words too general to be a subject."""

# ruff: noqa: E501, SIM905 lists of words and patterns read better as they are spoken

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from cds.wording.text import stem, tokens, word_set

# Words without content of their own. Negations, comparators and modals have checks of their own.
STOP = word_set(
    """
    a an and are as at be been being but by can could did do does doing done for from had has have having he her his
    i if in into is it its itself may might must no nor not of on onto or our shall she should so such than that the
    their them then there these they this those to too up upon us was we were what when where which while who whom
    whose will with within would you your also any both each either every however just only other own same some very
    via per about after again all although am because before between during few further here how me more most my off
    once out over under until through without don't doesn't didn't isn't aren't wasn't weren't can't cannot won't
    shouldn't mustn't never none neither let etc eg ie whether thus hence therefore upon among unless except avoid
    avoided avoiding never not-only according across along alongside amongst around against instead rather as-well
    well even still yet already ever much many several lot lots make makes made making ensure ensures whereas though
    one ones thing things if's that's it's there's they're you're we're s t d ll ve re m
    """
)


@dataclass(frozen=True, slots=True)
class _Phrase:
    stems: tuple[str, ...]
    groups: frozenset[int]


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, frozenset[int]], dict[str, tuple[_Phrase, ...]]]:
    single: dict[str, set[int]] = {}
    several: dict[tuple[str, ...], set[int]] = {}
    text = files("cds.wording").joinpath("synonyms.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for number, line in enumerate(lines):
        for phrase in line.split(";"):
            stems = stems_of(phrase)
            if len(stems) == 1:
                single.setdefault(stems[0], set()).add(number)
            elif stems:
                several.setdefault(stems, set()).add(number)
    by_first: dict[str, list[_Phrase]] = {}
    for stems, groups in several.items():
        by_first.setdefault(stems[0], []).append(_Phrase(stems, frozenset(groups)))
    ordered = {first: tuple(sorted(found, key=lambda p: -len(p.stems))) for first, found in by_first.items()}
    return {word: frozenset(groups) for word, groups in single.items()}, ordered


@lru_cache(maxsize=1)
def _conditions() -> frozenset[int]:
    """The groups of the first part of the file, which names diseases and symptoms; organs and the like are in it too."""
    text = files("cds.wording").joinpath("synonyms.txt").read_text(encoding="utf-8")
    number, found, inside = 0, set(), False
    for line in text.splitlines():
        if line.startswith("#"):
            inside = line.strip() == "# conditions"
        elif line.strip():
            if inside and line.split(";")[0].strip() not in _NO_DISEASE:
                found.add(number)
            number += 1
    return frozenset(found)


_NO_DISEASE = frozenset(
    "renal; hepatic; glucose; hba1c; egfr; creatinine clearance; blood pressure; gastrointestinal; joint; myocardial; pulmonary; cerebral; cutaneous; ocular; "
    "visual; bone; muscle; ldl; hdl; vaccine; alcohol; thyroid; fall; metastasis; cardiovascular event; overdose; inflammation; disability".split(
        "; "
    )
)


def is_condition(groups: frozenset[int]) -> bool:
    """Whether these groups of synonyms name a disease or a symptom."""
    return bool(groups & _conditions())


@lru_cache(maxsize=1)
def _general() -> frozenset[str]:
    text = files("cds.wording").joinpath("general_words.txt").read_text(encoding="utf-8")
    return frozenset(stem(word) for word in text.split())


def groups_of(word: str) -> frozenset[int]:
    """The groups of synonyms a stem belongs to."""
    return _table()[0].get(word, frozenset())


def phrases_from(word: str) -> tuple[_Phrase, ...]:
    """The phrases of several words that begin with this stem, longest first."""
    return _table()[1].get(word, ())


def is_general(word: str) -> bool:
    """Whether a stem is too general to say what a sentence is about."""
    return word in _general()


def stems_of(phrase: str) -> tuple[str, ...]:
    """The stems of a phrase's words and numbers; signs and hyphens left out."""
    return tuple(token.stem for token in tokens(phrase) if token.kind != "symbol")
