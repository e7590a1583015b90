"""Easier words and other languages from the local model: suggestions, each held against what it says again."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cds.evidence import Passage
from cds.medicines import names_in
from cds.sharing.asking import Asking, closed_object
from cds.sharing.checking import checked
from cds.sharing.grid import Line
from cds.sharing.placing import ORDER
from cds.sharing.reading import TARGET, grade

# Languages the pages speak, by the name the model is given.
LANGUAGES: dict[str, str] = {"en": "English", "es": "Spanish", "fr": "French", "de": "German"}
_AT_ONCE = 5  # texts a call: one slow answer costs little, and the next begins where it ended
_LONGEST = 600
_NUMBER = re.compile(r"\d+(?:[.,\u202f\u00a0 ]\d{3})*(?:[.,]\d+)?")
_NEGATIONS: dict[str, re.Pattern[str]] = {
    "en": re.compile(r"\b(?:no|not|never|none|nobody|nothing|without|cannot|\w+n['’]t)\b", re.I),
    "es": re.compile(r"\b(?:no|nunca|ningún|ninguna|ninguno|nadie|nada|sin|tampoco|ni)\b", re.I),
    "fr": re.compile(r"\b(?:ne|n['’]\w+|pas|jamais|aucune?|sans|ni|non|rien)\b", re.I),
    "de": re.compile(r"\b(?:nicht|kein\w*|nie|niemals|ohne|niemand|nichts|weder)\b", re.I),
}
# Small words that every text of some length has; more of another language's than of its own, and it is not translated.
_SMALL: dict[str, frozenset[str]] = {
    language: frozenset(small.split())
    for language, small in {
        "en": "the of and to in is are with who have has or for a an it that",
        "es": "el la los las de y en es son con que tienen tiene o para un una se del al por",
        "fr": "le la les des de et en est sont avec qui ont a ou pour un une il que du au par dans",
        "de": "der die das den dem und in ist sind mit haben hat oder für ein eine es dass von zu bei im",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Suggested:
    """Another wording of one text, or why it was refused."""

    source: str
    text: str
    failed: str | None = None


def hard_lines(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines from the library that read above the target."""
    return tuple(line for line in lines if line.citation is not None and line.by == "library" and _is_hard(line.text))


def easier(asking: Asking, lines: Sequence[Line], passages: Mapping[str, Passage]) -> Iterator[tuple[Suggested, ...]]:
    """These lines in easier words, a few at a time, each held against the same sentences by the same checks."""
    known = {line.text: line for line in lines}
    for found in _rewritten(asking, "reword", list(known), ""):
        yield tuple(Suggested(source, text, _unlike(known[source], text, passages)) for source, text in found)


def translated(asking: Asking, texts: Sequence[str], language: str) -> Iterator[tuple[Suggested, ...]]:
    """Texts in another language, a few at a time, each with what speaks against it."""
    for found in _rewritten(asking, "translate", list(dict.fromkeys(texts)), f"Language: {LANGUAGES[language]}\n"):
        yield tuple(Suggested(source, text, mistranslated(source, text, language)) for source, text in found)


def mistranslated(source: str, text: str, language: str) -> str | None:
    """Why a translation is not trusted: another number, a medicine gone, a "not" lost or added, not that language."""
    if Counter(_numbers(source)) != Counter(_numbers(text)):
        return "the numbers are not the same"
    said = text.lower()
    # Names of medicines differ in their endings: warfarin, warfarina, warfarine.
    missing = [name for name in sorted(names_in(source)) if name[:5] not in said]
    if missing:
        return f"{', '.join(missing)} is not named"
    if bool(_NEGATIONS["en"].search(source)) != bool(_NEGATIONS[language].search(text)):
        return "a “not” was lost or added"
    if not 0.4 <= len(text) / max(1, len(source)) <= 2.5:
        return "it is much longer or shorter"
    words = re.findall(r"[^\W\d_]+", said)
    counts = {one: sum(word in small for word in words) for one, small in _SMALL.items()}
    if len(words) > 4 and (counts[language] == 0 or counts["en"] > counts[language]):
        return f"it is not {LANGUAGES[language]}"
    return None


def _rewritten(asking: Asking, prompt: str, texts: Sequence[str], before: str) -> Iterator[list[tuple[str, str]]]:
    for start in range(0, len(texts), _AT_ONCE):
        some = {str(at): text for at, text in enumerate(texts[start : start + _AT_ONCE], 1)}
        schema = closed_object({at: {"type": "string", "minLength": 1, "maxLength": _LONGEST} for at in some})
        user = before + "\n".join(f"{at}. {' '.join(text.split())}" for at, text in some.items())
        tokens = 60 + sum(len(text) for text in some.values())  # letters count as tokens in the worst of languages
        answer = asking.ask(asking.prompt(prompt), user, schema, kind=dict[str, str], max_tokens=tokens)
        yield [(text, " ".join(answer[at].split())) for at, text in some.items() if at in answer]


def _is_hard(text: str) -> bool:
    found = grade(text)
    return found is not None and found > TARGET


def _unlike(line: Line, text: str, passages: Mapping[str, Passage]) -> str | None:
    passage = passages.get(line.citation.passage) if line.citation else None
    again = checked(replace(line, text=text), passage)
    if again.failed is not None:
        return again.failed
    if [(share.count, share.of, share.sense) for share in again.shares] != [
        (share.count, share.of, share.sense) for share in line.shares
    ]:
        return "the numbers are not put in the same way"
    if names_in(text) != names_in(line.text):
        return "a medicine was left out"
    if ORDER.search(text) and not ORDER.search(line.text):
        return "it tells the patient what to do"
    return None if (grade(text) or 0.0) < (grade(line.text) or 0.0) else "it is no easier to read"


def _numbers(text: str) -> list[str]:
    return [re.sub(r"[^\d]", "", number.rstrip(".,")) for number in _NUMBER.findall(text)]
