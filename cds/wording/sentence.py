"""A sentence read once: its tokens, content terms with their polarity, quantities and medicines."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from cds.medicines import Mention, mentions
from cds.wording.comparators import bounding
from cds.wording.polarity import CUES, PREFIXED, Segment, segments
from cds.wording.quantities import Quantity, quantities
from cds.wording.text import Token, sentences, stem, tokens, word_set
from cds.wording.vocabulary import STOP, groups_of, is_general, phrases_from

_PREFIX = re.compile(r"^(?:un|in|non|a(?=sym|feb))")
_ADJUNCT = frozenset(
    {"in", "during", "among", "with", "for", "to", "after", "before", "within", "at", "on", "who", "by"}
)
_MODALS = frozenset(
    {"should", "must", "may", "can", "cannot", "might", "will", "is", "are", "was", "were", "do", "does", "did"}
)
_BEFORE_VERB = word_set(
    """
    failed fails fail failing able unable shown found likely unlikely needed need needs ought has have had tends tend
    known seemed seems appeared appears expected allowed used began
    """
)
_PHRASE = 5  # words after such a preposition that it governs
_GENERAL_WEIGHT = 0.3  # what "patients were treated" says about which patients and how


@dataclass(frozen=True, slots=True)
class Term:
    """A content word, or a phrase that is one thing, where it stands and whether it is denied."""

    stem: str
    groups: frozenset[int]  # synonyms
    parts: tuple[str, ...]  # the stems of a phrase
    first: int
    last: int
    weight: float
    sign: int  # +1 said, -1 denied, 0 an introduction that says when
    local: bool  # denied by a word just before it ("without diabetes"), not with its whole clause
    core: bool  # not inside a phrase that says for whom, where or when ("in adults with asthma")
    segment: int
    medicine: Mention | None = None
    named: bool = False  # a name with a number in it, such as il6 or g3b, which no other word can stand for

    @property
    def specific(self) -> bool:
        return self.weight > _GENERAL_WEIGHT

    def matches(self, other: "Term") -> bool:
        """Whether two terms name the same thing."""
        if self.medicine and other.medicine:
            return bool(self.medicine.keys & other.medicine.keys)
        if self.stem == other.stem or self.groups & other.groups:
            return True
        return not self.named and _same_family(self.stem, other.stem)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with everything that was found in it."""

    text: str
    tokens: tuple[Token, ...]
    segments: tuple[Segment, ...]
    terms: tuple[Term, ...]
    quantities: tuple[Quantity, ...]
    medicines: tuple[Mention, ...]
    stems: tuple[str, ...]  # of the tokens
    index: dict[str | int, tuple[Term, ...]] = field(compare=False, repr=False)  # terms by stem, group and beginning

    def like(self, term: Term) -> tuple[Term, ...]:
        """Where a term, of this sentence or of another, occurs in this one."""
        keys: tuple[str | int, ...] = (term.stem, *term.groups, *_keys(term))
        found = {o.first: o for key in keys for o in self.index.get(key, ()) if term.matches(o)}
        return tuple(found[first] for first in sorted(found))

    def words(self) -> tuple[str, ...]:
        return tuple(token.text for token in self.tokens)

    def segment_of(self, token: int) -> int:
        """The number of the segment a token stands in."""
        for number, segment in enumerate(self.segments):
            if segment.first <= token <= segment.last:
                return number
        return 0


@lru_cache(maxsize=2_048)  # a consult reads the same few hundred sentences for each statement
def read_sentence(text: str) -> Sentence:
    """Read one sentence."""
    found = tokens(text)
    amounts = quantities(found)
    named = mentions(found)
    used = frozenset(i for quantity in amounts for i in range(quantity.first, quantity.last + 1)) | bounding(found)
    parted = segments(found, used=used)
    terms = _terms(found, amounts, named, parted)
    index: dict[str | int, list[Term]] = {}
    for term in terms:
        keys: tuple[str | int, ...] = (term.stem, *term.groups, *_keys(term))
        for key in keys:
            index.setdefault(key, []).append(term)
    looked_up = {key: tuple(entries) for key, entries in index.items()}
    return Sentence(text, found, parted, terms, amounts, named, tuple(token.stem for token in found), looked_up)


def _keys(term: Term) -> tuple[str, ...]:
    """What else a term is looked up by: the beginning of its stem, and the medicine it names."""
    beginning = f"{term.stem[:5]}-"
    return (beginning, *term.medicine.keys) if term.medicine else (beginning,)


def read_sentences(text: str) -> tuple[Sentence, ...]:
    """Read every sentence of a text."""
    return tuple(read_sentence(sentence) for sentence in sentences(text))


def _terms(
    found: tuple[Token, ...], amounts: Sequence[Quantity], named: Sequence[Mention], parted: Sequence[Segment]
) -> tuple[Term, ...]:
    taken = {i for q in amounts if not q.dimension.startswith("label:") for i in range(q.first, q.last + 1)}
    by_start = {mention.first: mention for mention in named}
    result = []
    index = 0
    while index < len(found):
        token = found[index]
        number = next((n for n, segment in enumerate(parted) if segment.first <= index <= segment.last), 0)
        if index in by_start:
            mention = by_start[index]
            result.append(_term(found, index, mention.last, frozenset(), parted, number, mention))
            index = mention.last + 1
            continue
        phrase = None if index in taken else _phrase(found, index)
        if phrase:
            last, groups = phrase
            result.append(_term(found, index, last, groups, parted, number))
            index = last + 1
            continue
        content = token.kind == "word" and token.text not in STOP and len(token.text) > 1
        if content and index not in taken and token.text not in CUES:
            result.append(_term(found, index, index, groups_of(token.stem), parted, number))
        index += 1
    return tuple(result)


def _term(
    found: tuple[Token, ...],
    first: int,
    last: int,
    groups: frozenset[int],
    parted: Sequence[Segment],
    number: int,
    mention: Mention | None = None,
) -> Term:
    parts = tuple(_bare(t) for t in found[first : last + 1] if t.kind != "symbol")
    if len(parts) == 1 and found[first].text in PREFIXED:
        groups = groups_of(parts[0])
    whole = " ".join(parts)
    general = mention is None and all(is_general(part) for part in parts)
    segment = parted[number]
    local = first in segment.turned
    sign = 0 if segment.introduces and not local else segment.sign_at(first)
    weight = _GENERAL_WEIGHT if general else 1.0
    core = not any(
        found[i].text in _ADJUNCT and not (found[i].text == "to" and _infinitive(found, i))
        for i in _phrase_before(found, max(segment.first, first - _PHRASE), first)
    )
    named = not groups and any(c.isdigit() for c in whole) and any(c.isalpha() for c in whole)
    return Term(whole, groups, parts, first, last, weight, sign, local, core, number, mention, named)


def _infinitive(found: tuple[Token, ...], at: int) -> bool:
    """Whether a verb follows this "to": "failed to reduce", not "to adults with asthma"."""
    return at > 0 and found[at - 1].text in _BEFORE_VERB


def _phrase_before(found: tuple[Token, ...], start: int, end: int) -> range:
    """The tokens before a term back to the verb: "patients on lithium should not take NSAIDs" says it of NSAIDs."""
    verb = next((i for i in range(end - 1, start - 1, -1) if found[i].text in _MODALS), start)
    return range(verb, end)


def _bare(token: Token) -> str:
    """The stem, without the prefix of a word that is the denial of another: uncontrolled is not controlled."""
    if token.text in PREFIXED:
        return stem(_PREFIX.sub("", token.text))
    return token.stem


def _phrase(found: tuple[Token, ...], index: int) -> tuple[int, frozenset[int]] | None:
    """The longest phrase of the synonyms that starts here, with the token it ends at."""
    if found[index].kind == "symbol":
        return None
    for phrase in phrases_from(found[index].stem):
        position, matched = index, 0
        while position < len(found) and matched < len(phrase.stems):
            if found[position].text == "-":
                position += 1
                continue
            if found[position].stem != phrase.stems[matched]:
                break
            matched += 1
            position += 1
        if matched == len(phrase.stems):
            return position - 1, phrase.groups
    return None


@lru_cache(maxsize=50_000)
def _same_family(one: str, other: str) -> bool:
    """Whether two stems share so much of their beginning that they are forms of one word."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < 5 or " " in one or " " in other:
        return False
    common = 0
    for a, b in zip(shorter, longer, strict=False):
        if a != b:
            break
        common += 1
    # hypertens-ion and hypertens-ive, nephropath-y and nephropath-ic; not hypert-ension and hypert-hyroid
    return common >= 5 and common >= len(shorter) - 2 and common >= 0.6 * len(longer)
