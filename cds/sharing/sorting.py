"""Which cell a sentence belongs to by its words, and whether an option is to have nothing done."""

import re

from cds.sharing.grid import Aspect
from cds.sharing.risks import shares_in

# "Warfarin: of 100 people who …": a paragraph that opens with the name of what its figures are about.
OPTION = re.compile(r"^(?P<name>[A-Z][^:.;|\n]{2,80}):\s+(?=of\s+(?:every\s+)?1(?:00|,?000))")
_LABEL = re.compile(r"^(?P<name>[A-Z][^:.;|\n]{2,60}):\s+(?=[a-z0-9])")
_NOTHING = re.compile(
    r"^(?:no|not|without|wait|watch|stop|none|delay|leave|placebo)\b|\b(?:wait and see|no treatment|not being)\b", re.I
)
_ABOUT_FIGURES = re.compile(
    r"\b(?:figures?|numbers?|choice belongs|each \w+['’]s own choice|strength:|certainty:|"
    r"certainty (?:is|of|for)|in words on)\b|\|",
    re.I,
)
# "Option: Warfarin; Stroke in one year: about 2 in 100; …": a row of a table, read out.
_ROW = re.compile(r"^[^:;]+:[^:;]+;[^:;]+:")
# Words that say which cell a sentence belongs to; the physician can move it.
_ASPECT: tuple[tuple[Aspect, re.Pattern[str]], ...] = (
    (
        "harms",
        re.compile(
            r"bleed|unwanted|side effect|adverse|false alarm|raised result|\bharm|"
            r"nausea|vomit|bruis|dizz|drows|constipat|diarrh|\brash|erectile|"
            r"leakage|muscle (?:symptoms|damage|aches)|type 2 diabetes|never have caused|told that they have|"
            r"surgery or radiotherapy|complication|damage|use disorder|thrush|headache|"
            r"problems with sex|worse",
            re.I,
        ),
    ),
    (
        "like",
        re.compile(
            r"painful|pressed|\bfeels?\b|change (?:her|his|their) mind|reviewed at any time|what it is like|radiation",
            re.I,
        ),
    ),
    (
        "asks",
        re.compile(
            r"\btaken\b|every day|blood test|checked|\bINR\b|visits?|appointment|monitoring|food|alcohol|"
            r"once or twice a day|has to|needs? regular",
            re.I,
        ),
    ),
)


def is_nothing(name: str) -> bool:
    """Whether an option is to wait, or to have no treatment or test."""
    return _NOTHING.search(name) is not None


def aspect_of(text: str) -> Aspect:
    """The cell a sentence belongs to."""
    for aspect, words in _ASPECT:
        if words.search(text):
            return aspect
    return "benefits" if shares_in(text) else "like"


def unlabelled(text: str) -> str:
    """A sentence without the name it opens with: “Warfarin: of 100 people …”."""
    label = _LABEL.match(text)
    if not label or (not OPTION.match(text) and len(label["name"].split()) > 5):
        return text
    rest = text[label.end() :]
    return rest[0].upper() + rest[1:]


def is_set_apart(text: str) -> bool:
    """Whether a sentence is about the figures, or a row of a table, rather than about an option."""
    return _ABOUT_FIGURES.search(text) is not None or _ROW.search(text) is not None
