"""Absolute risks in a sentence: how many of how many people, and what happens to them."""

import re
from collections.abc import Iterable
from dataclasses import replace

from cds.sharing.grid import Share

_WHOLE = r"(?P<of>100|1,?000|10,?000|\d{2,3})"
_NUMBER = r"(?P<count>\d[\d,]*(?:\.\d+)?)"
_ABOUT = r"(?:(?P<sense>fewer than|less than|more than|up to)|about|around|approximately|some|nearly|roughly)?\s*"
_WHO = r"(?:people|persons?|adults?|patients?|women|woman|men|man|children|child|babies|cases)"
# "about 240 of 1,000 tested men have …", "about 1 more person in 100 has …", "about 20 in 100"
_PART_OF = re.compile(
    rf"\b{_ABOUT}{_NUMBER}\s+(?P<more>more\s+)?(?:{_WHO}\s+)?(?:in|of|out of|per)\s+(?:every\s+)?{_WHOLE}\b"
    rf"(?!\s*(?:%|mg|micrograms?|mL|years))(?:\s+\w+){{0,2}}?(?:\s+{_WHO})?",
    re.IGNORECASE,
)
# "of 100 people who …": what follows counts in this whole
_FRAME = re.compile(rf"\bof\s+(?:every\s+)?{_WHOLE}\s+(?:[a-z]+\s+)?(?:{_WHO}|who\b|tested|screened)", re.IGNORECASE)
_VERB = (
    r"(?:have|has|had|die|dies|died|are|is|were|was|improve|recover|develop|get|need|lose|loses|stop|fall|react|bleed|"
    r"feel|sleep|do|does|become|live|survive|within)"
)
_OF_FRAME = re.compile(rf"\b{_ABOUT}{_NUMBER}\s+(?P<more>more\s+)?(?={_VERB}\b)", re.IGNORECASE)
_NOBODY = re.compile(rf"\bNo\s+{_WHO}\s+(?=(?:has|have|is|are|dies|die|needs?)\b)", re.IGNORECASE)
_SENSES = {"fewer than": "<", "less than": "<", "more than": ">", "up to": "<"}
_WHOM = re.compile(rf"^\s*(?:[a-z]+\s+)?{_WHO}\s+", re.IGNORECASE)
_AFTERWARDS = re.compile(r"^\s*(?:in|or|each|every)\b", re.IGNORECASE)
_AFFECTS = re.compile(r"\s+(?:affects?|occurs? in|happens? (?:in|to)|(?:is|are) seen in|in)\s*$", re.IGNORECASE)
# What stands between "of 100 people" and its comma.
_AMONG = re.compile(r"^\s*((?:with|who|aged|in|whose|having)\b[^,;]{2,80}),")
_REST = re.compile(r"(?:do|does) not$|^(?:are|is) spared one$")  # the others of the same hundred
_TIME = re.compile(r"\b(?:within|after|by|over)\s+(?=\d)")
_EDGES = re.compile(r"^[\s,;]+|(?:[\s,;.]+(?:and|but|so|while)?)+$")


def shares_in(sentence: str) -> tuple[Share, ...]:
    """The absolute risks a sentence states, in its order."""
    found: list[tuple[int, int, Share]] = []
    for match in _PART_OF.finditer(sentence):
        found.append((match.start(), match.end(), _share(match, _count(match["of"]))))
    frames = [(match.end(), _count(match["of"])) for match in _FRAME.finditer(sentence)]
    if not frames and found:
        frames = [(0, found[0][2].of)]
    for match in _OF_FRAME.finditer(sentence):
        before = [frame for frame in frames if frame[0] <= match.start()]
        apart = all(match.end() <= start or match.start() >= end for start, end, _ in found)
        if not before or not apart or _is_label(sentence, match.start("count")):
            continue
        at, of = before[-1]
        if _count(match["count"]) <= of:
            whom = _AMONG.match(sentence[at : match.start()]) if at else None
            share = replace(_share(match, of), among=whom[1].strip() if whom else "")
            found.append((match.start(), match.end(), share))
    found += [(match.start(), match.end(), Share(0, 100, "")) for match in _NOBODY.finditer(sentence)]
    if not found:
        return ()
    found.sort(key=lambda one: one[0])
    ends = [start for start, _, _ in found[1:]] + [len(sentence)]
    befores = [0] + [end for _, end, _ in found[:-1]]
    shares = _same_outcome(
        Share(
            share.count, share.of, _outcome(sentence, before, start, end, until), share.sense, share.more, share.among
        )
        for (start, end, share), before, until in zip(found, befores, ends, strict=True)
    )
    return tuple(share for share in shares if not _REST.match(share.outcome))


def _same_outcome(shares: Iterable[Share]) -> tuple[Share, ...]:
    """ "10 have another clot within 1 year and 25 within 5 years": the second speaks of the same thing."""
    made: list[Share] = []
    for share in shares:
        if made and _TIME.match(share.outcome):
            before = _TIME.split(made[-1].outcome)[0].strip()
            share = replace(share, outcome=f"{before} {share.outcome}")
        made.append(share)
    return tuple(made)


def _share(match: re.Match[str], of: int) -> Share:
    sense = _SENSES.get((match["sense"] or "").lower(), "=")
    return Share(float(match["count"].replace(",", "")), of, "", sense, bool(match["more"]))  # type: ignore[arg-type]


def _count(written: str) -> int:
    return int(float(written.replace(",", "")))


def _is_label(sentence: str, at: int) -> bool:
    """Whether the number names something: a score of 2, stage 3, grade 1."""
    before = sentence[:at]
    return (
        re.search(r"\b(?:score|stage|grade|type|step|class|level|age|aged|those|these)(?:\s+of)?\s*$", before, re.I)
        is not None
    )


def _outcome(sentence: str, before: int, first: int, start: int, end: int) -> str:
    clause = sentence[start:end]
    if not clause.strip(" .,") or _AFTERWARDS.match(clause):
        # "thrush or diarrhoea in about 10 in 100": what happens was said before, after what was said of another number
        clause = _AFFECTS.sub("", re.split(r",\s+(?:and|but|so|while)\s+|;", sentence[before:first])[-1])
    clause = re.split(r",\s+(?:and|but|so|while)\s+(?:of|for|with|many|the|those)\b|;|\bof\s+(?:every\s+)?1", clause)[0]
    return _EDGES.sub("", _WHOM.sub("", clause))
