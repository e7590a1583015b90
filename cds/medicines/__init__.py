"""Medicines by name: ingredients of combinations, brands, other spellings, and the classes they belong to."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from cds.wording.text import Token, tokens

# Endings of international non-proprietary names: a word like these is a medicine though the lexicon lacks it.
_INN = re.compile(
    r"^[a-z]{3,}(?:cillin|mycin|micin|cycline|floxacin|bactam|penem|conazole|fungin|vir|virine|citabine|pril|sartan|olol"
    r"|dipine|statin|gliptin|gliflozin|glutide|glitazone|prazole|tidine|setron|triptan|gepant|oxetine|triptyline|azepam"
    r"|azolam|peridone|piprazole|barbital|racetam|parin|xaban|gatran|grel|afil|lukast|terol|sonide|solone|metasone"
    r"|dronate|fibrate|platin|rubicin|taxel|tinib|ciclib|parib|limus|cept|kinra|[a-z]mab|stim|poetin|caine|curium"
    r"|curonium|oxacin|nidazole|thiazide|semide|profen|coxib|quine|artem[a-z]+|trexate|orelin|relix|tecan|rsen|siran)$"
)
_NOT_MEDICINES = frozenset(
    {"kiloparin", "reservoir", "levir", "profen", "except", "accept", "concept", "percept", "intercept"}
)


@dataclass(frozen=True, slots=True)
class Medicine:
    """One entry of the lexicon."""

    name: str
    ingredients: tuple[str, ...]  # itself, or what a combination is made of
    classes: frozenset[str]  # with the classes those are part of


@dataclass(frozen=True, slots=True)
class Mention:
    """A medicine or a class of medicines named in a text, by the tokens that name it."""

    name: str
    is_class: bool
    first: int
    last: int

    @property
    def keys(self) -> frozenset[str]:
        """What is compared: the ingredients of a medicine, or the name of a class."""
        if self.is_class:
            return frozenset({self.name})
        return frozenset(ingredients_of(self.name))


@dataclass(frozen=True, slots=True)
class _Lexicon:
    medicines: dict[str, Medicine]
    parents: dict[str, frozenset[str]]
    broad: frozenset[str]
    phrases: dict[str, tuple[tuple[tuple[str, ...], str, bool], ...]]  # by first word, longest first


@lru_cache(maxsize=1)
def _lexicon() -> _Lexicon:
    parents: dict[str, frozenset[str]] = {}
    names: dict[tuple[str, ...], tuple[str, bool]] = {}
    broad = set()
    for row in _rows("classes.csv"):
        parents[row["name"]] = frozenset(row["part_of"].split())
        if row["broad"]:
            broad.add(row["name"])
        for called in (row["name"], *_list(row["also_called"])):
            names[_words(called)] = (row["name"], True)
    medicines = {}
    for row in _rows("drugs.csv"):
        name = row["name"]
        classes = frozenset(ancestor for c in row["classes"].split() for ancestor in _up(c, parents))
        medicines[name] = Medicine(name, tuple(_list(row["ingredients"])) or (name,), classes)
        for called in (name, *_list(row["also_called"])):
            names[_words(called)] = (name, False)
    by_first: dict[str, list[tuple[tuple[str, ...], str, bool]]] = {}
    for words, (name, is_class) in names.items():
        by_first.setdefault(words[0], []).append((words, name, is_class))
    ordered = {first: tuple(sorted(found, key=lambda f: -len(f[0]))) for first, found in by_first.items()}
    return _Lexicon(medicines, parents, frozenset(broad), ordered)


def medicine(name: str) -> Medicine | None:
    """The lexicon's entry of that name."""
    return _lexicon().medicines.get(name)


def all_medicines() -> tuple[Medicine, ...]:
    """Every medicine of the lexicon."""
    return tuple(_lexicon().medicines.values())


def known_classes() -> frozenset[str]:
    """Every class of the lexicon."""
    return frozenset(_lexicon().parents)


def is_broad(name: str) -> bool:
    """Whether a class is so wide that a text uses it for a medicine it has just named."""
    return name in _lexicon().broad


def ingredients_of(name: str) -> tuple[str, ...]:
    """The ingredients of a medicine; a name the lexicon lacks is its own."""
    entry = medicine(name)
    return entry.ingredients if entry else (name,)


def classes_of(name: str) -> frozenset[str]:
    """The classes of a medicine with those of its ingredients, or the wider classes of a class."""
    lexicon = _lexicon()
    if name in lexicon.parents and name not in lexicon.medicines:
        return _up(name, lexicon.parents)
    found = set(lexicon.medicines[name].classes) if name in lexicon.medicines else set()
    for ingredient in ingredients_of(name):
        if ingredient in lexicon.medicines:
            found |= lexicon.medicines[ingredient].classes
    return frozenset(found)


@cache
def _sizes() -> Counter[str]:
    return Counter(name for one in all_medicines() for name in classes_of(one.name))


def with_classes(text: str) -> str:
    """The text with the narrowest class of each medicine in brackets after it, as guidelines speak of it."""
    said = {mention.name for mention in mentions(text) if mention.is_class}
    for name in sorted(names_in(text)):
        classes = [one for one in classes_of(name) if not is_broad(one)]
        narrow = min(classes, key=lambda one: (_sizes()[one], one), default=None)
        if narrow is not None and narrow not in said:
            text = re.sub(rf"\b({re.escape(name)})\b", rf"\1 ({narrow.replace('-', ' ')})", text, count=1, flags=re.I)
    return text


def mentions(text: str | Sequence[Token]) -> tuple[Mention, ...]:
    """The medicines and classes of medicines a text names, in order."""
    return _mentions(text) if isinstance(text, str) else _find(tuple(text))


@lru_cache(maxsize=4_096)  # the chart's lines are read again for each rule
def _mentions(text: str) -> tuple[Mention, ...]:
    return _find(tokens(text))


def _find(found: tuple[Token, ...]) -> tuple[Mention, ...]:
    phrases = _lexicon().phrases
    places = [index for index, token in enumerate(found) if token.text != "-"]  # ACE-inhibitor is ACE inhibitor
    words = [found[index].text for index in places]
    result = []
    position = 0
    while position < len(words):
        for phrase, name, is_class in phrases.get(words[position], ()):
            if tuple(words[position : position + len(phrase)]) == phrase:
                result.append(Mention(name, is_class, places[position], places[position + len(phrase) - 1]))
                position += len(phrase)
                break
        else:
            word = words[position]
            if len(word) > 6 and word not in _NOT_MEDICINES and _INN.match(word):
                result.append(Mention(word, False, places[position], places[position]))
            position += 1
    return tuple(result)


def names_in(text: str) -> frozenset[str]:
    """The ingredients a text names; a combination is its parts."""
    return frozenset(key for mention in mentions(text) if not mention.is_class for key in mention.keys)


def classes_in(text: str) -> frozenset[str]:
    """The classes a text names or whose members it names, with the wider ones."""
    return frozenset(c for mention in mentions(text) for c in classes_of(mention.name))


def _up(name: str, parents: dict[str, frozenset[str]]) -> frozenset[str]:
    return frozenset({name}).union(*(_up(parent, parents) for parent in parents.get(name, ())))


def _rows(file: str) -> Iterable[dict[str, str]]:
    text = files("cds.medicines").joinpath(file).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return ({key: value or "" for key, value in row.items()} for row in csv.DictReader(lines))


def _list(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(";") if part.strip()]


def _words(phrase: str) -> tuple[str, ...]:
    return tuple(token.text for token in tokens(phrase) if token.text != "-")
