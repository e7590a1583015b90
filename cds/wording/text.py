"""Text as tokens, stems and sentences, the same for everything that compares two texts."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from snowballstemmer import stemmer

_STEMMER = stemmer("english")

# One character each, so that offsets into the text stay those of the text.
_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
        **dict.fromkeys("’‘ʼ`´", "'"),
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("\u00a0\u2009\u202f\u2002\u2003\u2007\t\r", " "),
        **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
        **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)),
        "µ": "u",
        "μ": "u",
        "·": ".",
        "∙": ".",
        "×": "x",
        "≦": "≤",
        "≧": "≥",
        "⩽": "≤",
        "⩾": "≥",
        "％": "%",
        "／": "/",
    }
)
_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "κ": "kappa", "λ": "lambda", "ω": "omega"}

_TOKEN = re.compile(
    r"(?P<dotted>(?<![a-z0-9.])(?:[a-z]\.){2,3}(?![a-z]))"  # b.i.d., e.g.
    r"|(?P<number>(?<![a-z0-9])\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?(?![\d,])|\d+\.\d+|(?<![\w.])\.\d+|\d+)"
    r"|(?P<named>(?<![a-z0-9])(?!(?:type|stage|grade|phase|class|group|day|week|age|aged|step|level|every|to|than|of|over|under|or|and|from|by|q|a|an)-)"
    r"[a-zα-ωà-ÿ]+-\d+[a-z]?(?![\w.]))"  # il-6, covid-19: a name, whatever the hyphen
    r"|(?P<word>[a-zα-ωà-ÿ]+(?:[0-9]+[a-zα-ωà-ÿ]*)*(?:'[a-z]+)?)"
    r"|(?P<symbol><=|>=|=<|=>|[^\sa-z0-9])"
)
# A full stop ends a sentence before a capital, a digit or a bullet; not after these.
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|approx|no|fig|dr|mr|mrs|ms|st|al|resp|incl|max|min)\.$", re.I)
_BREAK = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9•*-])|\s*[\n•]+\s*")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign, in lower case, with its place in the text."""

    text: str
    kind: Literal["word", "number", "symbol"]
    start: int
    end: int

    @property
    def stem(self) -> str:
        return stem(self.text) if self.kind == "word" else self.text


def word_set(text: str) -> frozenset[str]:
    """A list of words, written as a text."""
    return frozenset(text.split())


def plain(text: str) -> str:
    """The text with every kind of dash, space, quote and small digit written one way; offsets are kept."""
    if text.isascii():
        return text.translate(_CHARACTERS)
    folded = "".join(c if len(n := unicodedata.normalize("NFC", c)) != 1 else n for c in text)
    return folded.translate(_CHARACTERS)


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text."""
    lowered = plain(text)
    lowered = (
        lowered.lower() if lowered.isascii() else "".join(c.lower() if len(c.lower()) == 1 else c for c in lowered)
    )
    found = []
    for match in _TOKEN.finditer(lowered):
        kind: Literal["word", "number", "symbol"] = "word"
        if match.lastgroup == "number":
            kind = "number"
        elif match.lastgroup == "symbol":
            kind = "symbol"
        word = match.group()
        if match.lastgroup == "dotted":
            word = word.replace(".", "")
        elif kind == "word" and len(word) == 1 and word in _GREEK:
            word = _GREEK[word]
        elif match.lastgroup == "named":
            word = word.replace("-", "")
        elif kind == "word" and word.endswith("'s"):
            word = word[:-2]
        elif kind == "number":
            word = word.replace(",", "").replace(" ", "")
        found.append(Token(word, kind, match.start(), match.end()))
    return tuple(found)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text; a line of a list is one."""
    found: list[str] = []
    start = 0
    for match in _BREAK.finditer(text):
        piece = text[start : match.start()]
        if "\n" not in match.group() and "•" not in match.group() and _ABBREVIATION.search(piece):
            continue
        if piece.strip():
            found.append(piece.strip())
        start = match.end()
    if text[start:].strip():
        found.append(text[start:].strip())
    return tuple(found)


_IRREGULAR = {
    "children": "child",
    "men": "man",
    "women": "woman",
    "given": "give",
    "gave": "give",
    "gives": "give",
    "taken": "take",
    "took": "take",
    "fell": "fall",
    "fallen": "fall",
    "rose": "rise",
    "risen": "rise",
    "grew": "grow",
    "led": "lead",
    "shown": "show",
    "found": "find",
    "began": "begin",
    "begun": "begin",
    "feet": "foot",
    "teeth": "tooth",
    "seen": "see",
    "saw": "see",
    "went": "go",
    "gone": "go",
    "kept": "keep",
    "held": "hold",
    "became": "become",
    "chose": "choose",
    "chosen": "choose",
    "frozen": "freez",
    "froze": "freez",
    "drank": "drink",
    "drunk": "drink",
    "drove": "drive",
    "broken": "break",
    "broke": "break",
    "swollen": "swell",
    "written": "write",
    "spoken": "speak",
    "slept": "sleep",
    "ate": "eat",
    "eaten": "eat",
    "felt": "feel",
    "lost": "lose",
    "sent": "send",
    "told": "tell",
    "brought": "bring",
    "withdrew": "withdraw",
    "withdrawn": "withdraw",
    "forgotten": "forget",
    "worn": "wear",
    "bled": "bleed",
    "died": "die",
    "dying": "die",
    "death": "die",
    "deaths": "die",
    "dead": "die",
    "born": "birth",
    "diagnoses": "diagnos",
    "diagnosis": "diagnos",
    "analyses": "analysi",
    "pregnancy": "pregnan",
    "pregnant": "pregnan",
    "pregnancies": "pregnan",
    "diabetic": "diabet",
    "diabetes": "diabet",
    "hypertensive": "hypertens",
    "hypertension": "hypertens",
    "therapies": "therapi",
    "therapeutic": "therapi",
    "therapy": "therapi",
    "persist": "persist",
    "persistent": "persist",
    "severity": "sever",
    "severe": "sever",
    "severely": "sever",
    "several": "several",
    "general": "general",
    "generally": "general",
    "generate": "generat",
    "organ": "organ",
    "organise": "organiz",
    "organize": "organiz",
    "universal": "universal",
    "university": "university",
    "policy": "policy",
    "police": "police",
    "relative": "relativ",
    "relatives": "relative_person",
    "community": "community",
    "communicate": "communicat",
    "animal": "animal",
    "important": "important",
    "importance": "important",
    "import": "import",
    "matern": "matern",
    "arm": "arm",
    "army": "army",
    "new": "new",
    "news": "news",
    "hour": "hour",
    "hours": "hour",
}


@lru_cache(maxsize=50_000)  # a library's vocabulary
def stem(word: str) -> str:
    """One form for the inflections and the British and American spellings of a word."""
    word = word.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) > 4:
        word = word.replace("ae", "e").replace("sulph", "sulf")
        word = re.sub(r"oe(?=[dsmtaln])(?!xi)", "e", word)
        word = re.sub(r"is(e|ed|es|er|ers|ing|ation|ations)$", r"iz\1", word)
        word = re.sub(r"yse(d|s|r)?$", r"yze\1", word)
        if len(word) > 5:
            word = re.sub(r"our(?=$|s$|ed$|ing$|al$|able$)", "or", word)
            word = word.replace("ll", "l")
        word = re.sub(r"(?<=[a-z])ogue(s?)$", r"og\1", word)
        word = re.sub(r"tre(s?)$", r"ter\1", word)
    return str(_STEMMER.stemWord(word))
