"""True claims made by rule of any sentence: the same said a little differently, as a careful writer would."""

# ruff: noqa: E501, SIM905 lists of words and patterns read better as they are spoken

import re
from collections.abc import Callable, Iterator

_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_SAME = (
    ("patients", "people"), ("associated with", "linked to"), ("decreased", "reduced"), ("demonstrated", "showed"), ("showed", "demonstrated"),
    ("approximately", "about"), ("prior to", "before"), ("physicians", "doctors"), ("because", "since"), ("such as", "like"), ("however", "though"),
    ("is caused by", "results from"), ("symptoms include", "among the symptoms are"), ("usually", "generally"), ("often", "frequently"),
    ("should be considered", "can be considered"), ("may be", "might be"), ("can cause", "may cause"), ("people", "individuals"), ("compared with", "compared to"),
    ("was observed", "was seen"), ("were observed", "were seen"), ("undergoing", "having"), ("medications", "medicines"), ("health care", "healthcare"),
    ("percent", "%"), ("tumor", "tumour"), ("anemia", "anaemia"), ("in order to", "to"), ("are known to", "are said to"), ("is found in", "occurs in"),
    ("evaluated", "assessed"), ("examined", "studied"), ("significantly", "markedly"), ("children", "kids"), ("large", "big"), ("begin", "start"),
)  # fmt: skip
_LEADS = re.compile(
    r"^(?:However|Therefore|In conclusion|Furthermore|Moreover|In addition|Additionally|For example|Thus|Finally"
    r"|In general|We (?:found|conclude|suggest) that|These (?:results|findings|data) (?:suggest|indicate|show) that"
    r"|Our (?:results|findings|data) (?:suggest|indicate|show) that),? "
)
_PREFIXES = ("According to the source, ", "Yes, ", "The text says that ", "The evidence shows that ")


def light_paraphrases(sentence: str) -> Iterator[tuple[str, str]]:
    """Each rule's name with the paraphrase it makes, where it makes one."""
    for name, rule in _RULES.items():
        made = rule(sentence)
        if made and made != sentence:
            yield name, made[0].upper() + made[1:]


def _synonym(sentence: str) -> str:
    changed = sentence
    for one, other in _SAME:
        changed = re.sub(rf"\b{one}\b", f"\0{other}\0", changed, count=1)
        if changed.count("\0") >= 6:
            break
    return changed.replace("\0", "")


def _number_words(sentence: str) -> str:
    return re.sub(
        r"(?<![\w.,/-])(\d{1,2})(?= (?:years?|days?|weeks?|months?|patients|women|men|children|hours?)\b)",
        lambda m: _WORDS[int(m[1])] if int(m[1]) < len(_WORDS) else m[1],
        sentence,
    )


def _units(sentence: str) -> str:
    sentence = re.sub(r"\b(\d{3,4}) mg\b(?!/)", lambda m: f"{int(m[1]) / 1000:g} g", sentence, count=1)
    sentence = re.sub(r"(?<=\d)%", " percent", sentence)
    sentence = re.sub(r"\b12 months\b", "1 year", sentence)
    sentence = re.sub(r"\b(?:7|seven) days\b", "1 week", sentence)
    return re.sub(r"\b24 hours\b", "1 day", sentence)


def _unled(sentence: str) -> str:
    return _LEADS.sub("", sentence, count=1)


def _without_brackets(sentence: str) -> str:
    return re.sub(r" \([^()]*\)", "", sentence)


def _shorter(sentence: str) -> str:
    """The sentence without what follows a late comma with "which", "and" or "but", where it limits nothing."""
    match = re.search(r", (?:which|and|but|although|while|whereas) [^,;]*\.$", sentence)
    whole = match is not None and match.start() > 0.4 * len(sentence) and sentence.count(",") == 1
    return sentence[: match.start()] + "." if match and whole else ""


def _reordered(sentence: str) -> str:
    match = re.match(r"^(In|If|When|For|After|During|Among) ([^,;()]{4,60}), ([a-z][^;]*)\.$", sentence)
    if (
        match is None
        or re.search(r"\b(?:it|they|this|these|and|or|but)\b", match[3].split(",")[0][:40])
        or "," in match[3]
    ):
        return ""
    return f"{match[3]} {match[1].lower()} {match[2]}."


def _prefixed(sentence: str) -> str:
    first = sentence.split(" ")[0]
    lowered = sentence[0].lower() + sentence[1:] if first.lower() in _COMMON else sentence
    return _PREFIXES[len(sentence) % len(_PREFIXES)] + lowered


_COMMON = frozenset("the a an in this these there it most many some people patients if when for we".split())
_RULES: dict[str, Callable[[str], str]] = {
    "synonyms": _synonym,
    "number words": _number_words,
    "units": _units,
    "without lead-in": _unled,
    "without brackets": _without_brackets,
    "shorter": _shorter,
    "reordered": _reordered,
    "introduced": _prefixed,
}
