"""Cuts clinical text into sentences, each at its exact place. Needs nothing but the text."""

import re
from collections.abc import Iterator

from cds.evidence import Sentence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A full stop after one of these never ends a sentence.
_NEVER_ENDS = _words(
    """
    e.g i.e eg ie vs cf dr prof mr mrs ms fig figs no nos approx ca incl excl viz ref refs sect ch eq vol pp p al
    sp spp ssp subsp st rec recs resp dept hosp subcut intramusc intraven
"""
)
# After one of these it ends a sentence only when what follows begins like one.
_MAY_END = _words(
    """
    etc a.m p.m am pm b.i.d t.i.d q.i.d q.d o.d b.d t.d.s q.d.s p.o i.v i.m s.c p.r p.r.n b.d.s u.s u.k u.s.a e.u
    hr hrs wk wks mo mos yr yrs min mins max temp wt ht inc ltd co jr sr ph.d m.d p.v i.u inj cap caps tab tabs
    amp dis
"""
)
# "Recommendation 3. Offer …": the number belongs to what follows it.
_LABEL = re.compile(
    r"^\W*(?:(?:Recommendation|Statement|Practice Point|Key Point|Question|Table|Figure|Box|Step|Section|Chapter|Class|"
    r"Level|Grade|Appendix|Part)\s+)?(?:\d{1,3}(?:\.\d{1,3}){0,3}|[A-Za-z]|[ivxIVX]{1,4})\.$"
)
# "pH", "eGFR", "mRNA", "β-blockers": a sentence may begin with these.
_ODD_START = re.compile(r"[a-z]{1,2}[A-Z]|[\u0370-\u03ff]")
# In hasty notes sentences begin small: told from an unknown abbreviation by a word too long to be one, or a figure.
_WHOLE_WORD = re.compile(r"(?:[A-Za-z]{5,}|[\w./-]*\d[\w./%-]+)[)\]”\"]?$")
_BULLET = re.compile(r"[ \t]*(?:[-–—•●▪■◦‣·*➢✓▶o\uf0b7\uf0a7](?=[ \t])|\((?:\d{1,2}|[a-z])\)(?=[ \t]))[ \t]*")
_TERMINAL = re.compile(
    r"""(?:
        [.!?…]+                                                   # the mark itself
        ["'”’»)\]]*                                               # what closes with it
        (?:(?<=[a-z)\]”].)\d{1,3}(?:[,–-]\d{1,3})*|[ ]?\[\d[\d,\s–-]*\]|[¹²³⁰-⁹,]+(?=\s))?  # references set after it
        (?=\s|$)
      | [。！？]+
    )""",
    re.VERBOSE,
)
_WORD_BEFORE = re.compile(r"[\w/&.'’-]+$")
_LINE_LABEL = re.compile(r"(?:[A-Z][\w /()&'-]{0,40}:|\d{1,2}[.)]\s|#)")
_OPEN_END = re.compile(r"(?:[,;(/–-]|\b(?:and|or|of|the|a|an|to|with|in|for|by|on|at|from|than|is|are|was|not|no))$")
# Lines shorter than this were ended by their writer; longer ones than that were never wrapped.
_WRAP_FROM, _WRAP_TO = 40, 120


def split_sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text, numbered from 1; what lies between them is white space and list bullets only."""
    found: list[Sentence] = []
    for start, end in _blocks(text):
        for left, right in _in_block(text, start, end):
            found.append(Sentence(number=len(found) + 1, start=left, end=right, text=text[left:right]))
    return tuple(found)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Stretches that no sentence crosses: paragraphs, list items, rows; wrapped lines stay together."""
    lines = [(match.start(), match.end()) for match in re.finditer(r"[^\n\r\f\v\x85\u2028\u2029]+", text)]
    width = _wrap_width([right - left for left, right in lines])
    start: int | None = None
    end = 0
    for left, right in lines:
        if not text[left:right].strip():
            if start is not None:
                yield start, end
            start = None
        elif start is None:
            start, end = left, right
        elif text.count("\n", end, left) > 1 or not _continues(text[start:end], text[left:right], width):
            yield start, end
            start, end = left, right
        else:
            end = right
    if start is not None:
        yield start, end


def _wrap_width(lengths: list[int]) -> int | None:
    """The column at which this text was wrapped, if it looks as if it was."""
    width = max(lengths, default=0)
    near = sum(1 for length in lengths if length > width - 12)  # a longer word than that seldom starts a line
    return width if _WRAP_FROM <= width <= _WRAP_TO and near >= 2 else None


def _continues(before: str, line: str, width: int | None) -> bool:
    if _BULLET.match(line):
        return False
    first = line.split(maxsplit=1)[0]
    last = before.rsplit("\n", 1)[-1].rstrip()
    if last.endswith((":", ".", "!", "?")) or _LINE_LABEL.match(line.lstrip()):
        return False
    if first[0].islower() or _OPEN_END.search(last):
        return True
    return width is not None and len(last) + 1 + len(first) > width


def _in_block(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    bullet = _BULLET.match(text, start, end)
    left = bullet.end() if bullet else start
    for match in _TERMINAL.finditer(text, left, end):
        if _ends(text, left, match, end):
            yield from _trimmed(text, left, match.end())
            left = match.end()
    yield from _trimmed(text, left, end)


def _ends(text: str, left: int, match: re.Match[str], end: int) -> bool:
    rest = text[match.end() : end].lstrip()
    if not rest or match[0][0] in "。！？":
        return True
    begins = rest.lstrip("\"'“‘«([")
    opening = begins[:1]
    starts_like_one = opening.isupper() or opening.isdigit() or opening in "≥≤<>~" or bool(_ODD_START.match(begins))
    if match[0][0] != ".":
        return starts_like_one
    word = _WORD_BEFORE.search(text, left, match.start())
    before = (word[0] if word else "").strip("'’-/&").lower()
    if not starts_like_one:
        starts_small = opening.islower() and before not in _NEVER_ENDS | _MAY_END
        return starts_small and bool(_WHOLE_WORD.search(text, left, match.start()))
    if before in _NEVER_ENDS:
        return False
    if len(before) == 1 and before.isalpha():
        # "J. Smith", "vitamin D. Offer": an initial is followed by a name and stands alone or after another.
        return not _is_initial(text, left, match.start())
    if _LABEL.match(text[left : match.start() + 1]):
        return False
    if before in _MAY_END:
        return opening.isupper()
    return True


def _is_initial(text: str, left: int, dot: int) -> bool:
    letter = text[dot - 1]
    before = text[left : dot - 1].rstrip()
    return letter.isupper() and (not before or before[-1] in ".,;(" or before.split()[-1][0].isupper())


def _trimmed(text: str, left: int, right: int) -> Iterator[tuple[int, int]]:
    while left < right and text[left].isspace():
        left += 1
    while right > left and text[right - 1].isspace():
        right -= 1
    if left < right:
        yield left, right
