"""Characters as a reader of the page sees them: what cannot be seen is dropped and counted."""

import re
import unicodedata
from collections import Counter

# What fonts draw as one sign, and what search and quotes need as letters.
_LIGATURES = {
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
    "ﬅ": "st",
    "ﬆ": "st",
}
# Bullets of symbol fonts, which live where Unicode has nothing.
_BULLETS = dict.fromkeys("\uf0b7\uf0a7\uf0d8\uf076\uf0fc\uf02d\u25cf\u25aa\u25e6\u25a0\u2023\u2043", "•")
_ZERO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\ufeff\u180e\u034f\u115f\u1160\u3164\uffa0")
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SPACE = re.compile(r"[^\S\n]+")
_TRANSLATED = str.maketrans({**_LIGATURES, **_BULLETS, "\u00ad": "", "\u2011": "-", "\u2010": "-"})
# Nearly every text is clean: one look tells.
_SUSPECT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u180e\u2000-\u200f\u2010\u2011\u2023"
    "\u2028-\u202f\u2043\u205f-\u206f\u25a0-\u25ff\u3000\u3164\ud800-\uf8ff\ufb00-\ufb06\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\uffff\U000e0000-\U0010ffff]"
)


def clean(text: str, dropped: Counter[str] | None = None) -> str:
    """Composed letters, plain spaces, no ligatures and nothing invisible; line breaks stay."""
    if _SUSPECT.search(text):
        kept = []
        for character in text.translate(_TRANSLATED):
            kind = invisible(character)
            if kind is None:
                kept.append(character)
            elif dropped is not None and kind != "control":
                dropped[kind] += 1
        text = "".join(kept)
    return unicodedata.normalize("NFC", text)


def invisible(character: str) -> str | None:
    """What kind of unseen character this is, if it is one."""
    if character in _ZERO_WIDTH:
        return "zero_width"
    if character in _BIDIRECTIONAL:
        return "bidirectional"
    code = ord(character)
    if 0xE0000 <= code <= 0xE0FFF:
        return "tag"  # tag characters and variation selectors: text hidden in text
    if 0xFE00 <= code <= 0xFE0F:
        return "zero_width"
    if character in "\n\t":
        return None
    category = unicodedata.category(character)
    if category in ("Cc", "Cs", "Cf"):
        return "control"
    if category in ("Co", "Cn"):
        return "unmapped"  # a font's private sign: nobody can say what it stands for
    return None


def one_line(text: str, dropped: Counter[str] | None = None) -> str:
    """The text with every run of white space as one space."""
    return " ".join(clean(text, dropped).split())


def tidy_lines(text: str, dropped: Counter[str] | None = None) -> str:
    """The text with its line breaks, each line tidied."""
    lines = clean(text.replace("\r\n", "\n").replace("\r", "\n"), dropped).split("\n")
    return "\n".join(_SPACE.sub(" ", line).rstrip() for line in lines)


_RAISED = str.maketrans("0123456789+-−–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻")
_POWER = re.compile(r"[-−–+]?\d{1,2}")
_UNIT_BEFORE = re.compile(r"(?:^|[\s/·.(\d])(?:[kcmµμn]?m|h|s|kg|min|L|l|dm)$")
_MARK = re.compile(r"(?:[\d\s,;–—-]+|[*†‡§¶a-h,\s]{1,3})$")


def raised(before: str, text: str) -> str:
    """What a superscript says: a power stays one ("10⁹", "m²"), the mark of a footnote goes."""
    text = text.strip()
    power = bool(_POWER.fullmatch(text))
    if power and (before[-1:].isdigit() or _UNIT_BEFORE.search(before[-12:])):
        return text.translate(_RAISED)
    if _MARK.fullmatch(text) and (before[-1:].isalpha() or before[-1:] in ".,;:)”’\"'%"):
        return ""
    return text
