"""The denials that turn only what stands beside them, and how far they reach."""

from cds.wording.polarity.cues import LOCAL_BY_FIRST, NON, NOT_NEGATION, NOUN_PHRASE, PREFIXED, PREPOSITIONS


def idiom(words: list[str], i: int) -> int:
    """How many words an idiom that denies nothing takes here."""
    for idiom in NOT_NEGATION:
        if words[i] == idiom[0] and tuple(words[i : i + len(idiom)]) == idiom:
            return len(idiom)
    return 0


def local_denial(words: list[str], i: int) -> int:
    """How many words a denial of what follows it takes here."""
    for parts in LOCAL_BY_FIRST.get(words[i], ()):
        if words[i : i + len(parts)] == parts:
            if " ".join(parts) in ("lack of", "absence of") and (
                i == 0 or words[i - 1] not in ("in", "the", "with", "by")
            ):
                return 0
            return len(parts)
    if words[i] == "not" and i + 1 < len(words) and words[i + 1] == "inferior":
        return 1
    return 0


def single_denial(words: list[str], i: int) -> int | None:
    """Non-pregnant, not inferior, uncontrolled: the one word that is turned."""
    if words[i] == "non" and i + 2 < len(words) and words[i + 1] == "-" and words[i + 2] in NON:
        return i + 2
    if words[i] == "not" and i + 1 < len(words) and words[i + 1] in ("inferior", "only"):
        return i + 1
    if words[i] in PREFIXED:
        return i
    return None


def reach_of(words: list[str], start: int, last: int) -> int:
    """Where a local denial ends: at a comma, a verb that opens a predicate, or the end."""
    while start <= last and words[start] in (
        "have",
        "had",
        "has",
        "be",
        "been",
        "give",
        "offer",
        "is",
        "are",
        "was",
        "were",
    ):
        start += 1  # "who do not have diabetes"
    described = words[start - 1 : start] == ["not"] and start < last and words[start].endswith(("ed", "en"))
    if described and words[start + 1] not in ("by", "for", "with", "in", "on", "to", "as", "at", "or", "and"):
        return start  # "men who are not screened die"
    for k in range(start, min(last, start + NOUN_PHRASE) + 1):
        if words[k] in (
            ",",
            ")",
            ";",
            "should",
            "must",
            "may",
            "can",
            "is",
            "are",
            "was",
            "were",
            "had",
            "has",
            "have",
            "will",
            "who",
            "offer",
            "give",
            "but",
            "after",
            "before",
            "within",
            "during",
            "at",
            "when",
            "if",
        ) or (words[k] == "the" and k > start):
            return k - 1
        if k >= start + 2 and words[k].endswith("ed") and words[start - 1] == "lacking":
            return k - 1  # "mice lacking the receptor gained weight"
        if words[k] == "and" and words[k + 1 : k + 2] and words[k + 1] in PREPOSITIONS:
            return k - 1  # "without bleeding and with an INR above 8"
    return min(last, start + NOUN_PHRASE)
