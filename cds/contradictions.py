"""Two sources that say different things of one point: found among what a consult read, shown side by side."""

from collections.abc import Callable, Iterator, Sequence

from cds.grounding.population import groups_in
from cds.offer import Offered
from cds.recommendation import Citation, Contradiction
from cds.wording.quantities import Quantity
from cds.wording.sentence import Sentence, Term, read_sentence
from cds.wording.vocabulary import is_condition

# Of what the shorter of two sentences is about, the other has to be about as well: with less they differ in subject.
_SAME_SUBJECT = 0.6
_MOST = 3  # side by side is for reading, not for counting
_FAMILIES = ("age", "sex", "pregnancy", "severity", "menopause", "smoking")
_ORDERS = frozenset(
    """
    offer give use start prescribe treat stop avoid withhold should must recommend recommended consider do aim
    """.split()  # noqa: SIM905 words read better as they are spoken
)
_TOGETHER = frozenset({"with", "together", "combine", "combined", "combination", "add", "added"})
_AFTER = frozenset(
    {"instead", "unsuitable", "second", "alternative", "unless", "if", "when", "until", "after", "before"}
)
_TIME = "months"


def contradictions(
    cited: Sequence[Offered], offered: Sequence[Offered], *, cite: Callable[[Offered], Citation]
) -> tuple[Contradiction, ...]:
    """What is cited, held against everything that was found in other documents."""
    found: dict[frozenset[str], Contradiction] = {}
    for one in cited:
        for other in offered:
            if one.kind == "finding" or other.kind == "finding" or one.passage.document.id == other.passage.document.id:
                continue
            about = differs(one, other)
            if about:
                found.setdefault(frozenset((one.id, other.id)), Contradiction(about, cite(one), cite(other)))
    return tuple(found.values())[:_MOST]


def differs(one: Offered, other: Offered) -> str:
    """What two sentences say different things of; empty when they do not, or speak of different things or people."""
    for mine in _sentences(one):
        for theirs in _sentences(other):
            if _same_people(mine, theirs) and _same_illness(mine, theirs, one, other):
                about = _opposed(mine, theirs) or _numbers(mine, theirs)
                if about:
                    return about
    return ""


def _sentences(one: Offered) -> Iterator[Sentence]:
    if ";" in one.sentence.text and ":" in one.sentence.text:
        return  # a row of a table: what its numbers are of stands in its heads
    read = read_sentence(" ".join(one.sentence.text.split()))
    if _ORDERS & set(read.words()):
        yield read


def _same_people(one: Sentence, other: Sentence) -> bool:
    mine, theirs = groups_in([one]), groups_in([other])
    if any(mine.get(family, set()) - {"adult"} != theirs.get(family, set()) - {"adult"} for family in _FAMILIES):
        return False
    # A limit that only one of them has (an eGFR, a length of time) makes it advice for other people.
    limits = [
        sorted((q.dimension, q.comparator) for q in s.quantities if q.comparator not in ("=", "range"))
        for s in (one, other)
    ]
    return limits[0] == limits[1] and (_AFTER & set(one.words())) == (_AFTER & set(other.words()))


def _same_illness(one: Sentence, other: Sentence, left: Offered, right: Offered) -> bool:
    mine, theirs = _illnesses(one), _illnesses(other)
    if mine and theirs:
        return all(any(a.matches(b) for b in theirs) for a in mine) and all(
            any(a.matches(b) for b in mine) for a in theirs
        )
    if not mine and not theirs:
        mine, theirs = _of_place(left), _of_place(right)
        return any(a.matches(b) for a in mine for b in theirs)
    # One of them leaves it to its headings.
    named, place = (mine, _of_place(right)) if mine else (theirs, _of_place(left))
    return all(any(a.matches(b) for b in place) for a in named)


def _illnesses(sentence: Sentence) -> list[Term]:
    return [term for term in sentence.terms if is_condition(term.groups)]


def _of_place(one: Offered) -> list[Term]:
    places = (one.passage.document.title, *one.passage.section)
    return [term for place in places for term in _illnesses(read_sentence(place))]


def _opposed(one: Sentence, other: Sentence) -> str:
    """The one says to give a medicine, the other not to."""
    if (_TOGETHER & set(one.words())) != (_TOGETHER & set(other.words())):
        return ""
    for mine in one.terms:
        for theirs in other.terms:
            if not mine.medicine or not theirs.medicine or mine.medicine.name != theirs.medicine.name:
                continue
            if mine.sign * theirs.sign < 0 and _shared(one, other) >= _SAME_SUBJECT:
                return mine.medicine.name
    return ""


def _numbers(one: Sentence, other: Sentence) -> str:
    """The same medicine or measure with another dose, length or limit."""
    if _shared(one, other) < _SAME_SUBJECT:
        return ""
    medicines = [{m.name for m in s.medicines} for s in (one, other)]
    if medicines[0] != medicines[1]:
        return ""
    for dimension in sorted({q.dimension for q in one.quantities} & {q.dimension for q in other.quantities}):
        mine = [q for q in one.quantities if q.dimension == dimension]
        theirs = [q for q in other.quantities if q.dimension == dimension]
        if len(mine) == len(theirs) == 1 and _apart(mine[0], theirs[0]) and _alike_but(one, other, dimension):
            return next(iter(sorted(medicines[0])), "") or _said(one, mine[0])
    return ""


def _apart(one: Quantity, other: Quantity) -> bool:
    if one.comparator != other.comparator and "range" not in (one.comparator, other.comparator):
        return False
    return one.high < other.low or other.high < one.low


def _alike_but(one: Sentence, other: Sentence, dimension: str) -> bool:
    """Of a medicine's dose and length only the one that differs may: 500 mg for 5 days is not 250 mg four times."""
    rest = [
        sorted((q.dimension, q.low, q.high) for q in s.quantities if q.dimension != dimension) for s in (one, other)
    ]
    return dimension == _TIME or rest[0] == rest[1] or not rest[0] or not rest[1]


def _said(sentence: Sentence, quantity: Quantity) -> str:
    named = [term for term in sentence.terms if term.specific and term.last < quantity.first]
    term = named[-1] if named else None
    return sentence.text[sentence.tokens[term.first].start : sentence.tokens[term.last].end] if term else "a number"


def _shared(one: Sentence, other: Sentence) -> float:
    """The share of the specific words of the shorter sentence that the other has, and of the longer at least half."""
    mine = [term for term in one.terms if term.specific]
    theirs = [term for term in other.terms if term.specific]
    if not mine or not theirs:
        return 0.0
    there = sum(any(a.matches(b) for b in theirs) for a in mine) / len(mine)
    here = sum(any(a.matches(b) for b in mine) for a in theirs) / len(theirs)
    return min(1.0, max(there, here)) if min(there, here) >= _SAME_SUBJECT / 2 else 0.0
