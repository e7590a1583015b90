"""How sure it is that what was found answers the question: whom it is about, what it names, how near it is."""

import math
import re
from collections.abc import Callable, Sequence

from cds.evidence import Evidence
from cds.medicines import classes_of, mentions
from cds.offer import Offered
from cds.wording.sentence import Term, read_sentence

# Fitted by tests/benchmarks/confidence.py on the development half of the labelled questions over the sample library
# (168 of them); the held-out half judges them. In the order of `measures`.
_WEIGHTS = (2.65, 3.26, 2.19, -0.53, -0.45, -3.03)
_BASE = -2.17

Group = Callable[[str], bool]
_GROWN_UP = 16  # below that, guidance for adults does not answer
_AGE = re.compile(
    r"\b(\d{1,3})[- ]?(years?|yrs?|y/?o|y|months?|weeks?|wks?|days?)\b(?:[- ]?(old|of age))?|\baged? (\d{1,3})\b"
)
_CHILD = re.compile(
    r"\b(?:child(?:ren|hood)?|kids?|toddlers?|bab(?:y|ies)|infants?|newborns?|neonat\w+|p(?:a)?ediatric\w*|teenage\w*"
    r"|adolescen\w+|boys?|girls?|son|daughter)\b"
)
_PREGNANT = re.compile(
    r"(?<!non-)(?<!not )\b(?:pregnan\w+|antenatal|gestation\w*|trimesters?|prenatal|conception|conceive)\b"
)
# "not in pregnancy", "does not cover children": named, to be left out.
_LEFT_OUT = re.compile(r"\b(?:not|except|excluding|without|other than)\b[^.;]*")


def _of_a_child(text: str) -> bool:
    for number, unit, old, aged in _AGE.findall(text):
        years = int(number or aged) if not unit or unit[0] == "y" else 0
        if (old or aged or unit in ("yo", "y/o")) and years < _GROWN_UP:
            return True
    return bool(_CHILD.search(text))


def of_a_pregnancy(text: str) -> bool:
    """Whether a text in lower case speaks of a pregnancy, or of planning one."""
    return bool(_PREGNANT.search(text))


def about_these_people(question: str, one: Offered) -> bool:
    """Whether the sentence may be meant for the kind of patient asked about: a child, a pregnant woman, or neither."""
    asked = question.lower()
    groups = [group for group in (_of_a_child, of_a_pregnancy) if group(asked)]
    return all(_speaks_of(group, one) for group in groups)


def confidence(question: str, evidence: Evidence, offered: Sequence[Offered]) -> float:
    """The probability, 0 to 1, that these sentences answer this question."""
    if not offered:
        return 0.0
    total = _BASE + sum(
        weight * value for weight, value in zip(_WEIGHTS, measures(question, evidence, offered), strict=True)
    )
    return 1 / (1 + math.exp(-total))


def measures(question: str, evidence: Evidence, offered: Sequence[Offered]) -> tuple[float, ...]:
    """What the confidence is made from: the search's own judgement, the best sentence, and what was not found."""
    return (
        evidence.relevance,
        max(one.near for one in offered),
        max(one.score for one in offered),
        float(len(_not_in(question, _sentences(evidence)))),
        float(len(_not_in(question, _passage_of(offered[0])))),
        float(len(unknown_medicines(question, evidence))),
    )


def unknown_medicines(question: str, evidence: Evidence) -> frozenset[str]:
    """Medicines the question names and nothing that was found names, not even as one of a class."""
    asked = {mention.name for mention in mentions(question) if not mention.is_class}
    if not asked:
        return frozenset()
    found = mentions(" . ".join(_whole(evidence)))
    named = {mention.name for mention in found} | {key for mention in found for key in mention.keys}
    return frozenset(name for name in asked if name not in named and not classes_of(name) & named)


def _not_in(question: str, texts: Sequence[str]) -> tuple[Term, ...]:
    """The specific words of the question that none of these texts has, under any name."""
    asked = [term for term in read_sentence(question).terms if term.specific]
    found = [term for text in texts for term in read_sentence(text).terms]
    return tuple(term for term in asked if not any(term.matches(other) for other in found))


def _passage_of(one: Offered) -> list[str]:
    passage = one.passage
    return [passage.document.title, *passage.section, *(sentence.text for sentence in passage.sentences)]


def _sentences(evidence: Evidence) -> list[str]:
    headings = [" ".join((hit.passage.document.title, *hit.passage.section)) for hit in evidence.hits]
    return [*dict.fromkeys(headings), *(sentence.text for hit in evidence.hits for sentence in hit.passage.sentences)]


def _whole(evidence: Evidence) -> list[str]:
    return [" ".join((hit.passage.document.title, *hit.passage.section, hit.passage.text)) for hit in evidence.hits]


def _speaks_of(group: Group, one: Offered) -> bool:
    if one.passage.kind == "record":
        return True  # it is this patient
    passage = one.passage
    title = " ".join((passage.document.title, *passage.section))
    meant = _LEFT_OUT.sub(" ", (passage.population or passage.document.population or "").lower())
    said = _LEFT_OUT.sub(" ", one.sentence.text.lower())
    return group(title.lower()) or group(meant) or group(said)
