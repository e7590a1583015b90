"""What the statement affirms is affirmed, and what it denies is denied: avoid, do not, contraindicated, without."""

# ruff: noqa: E501, SIM905 lists of words and patterns read better as they are spoken

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cds.grounding.reading import Reading, occurrences, parts_of
from cds.recommendation import CheckResult
from cds.wording.quantities import Quantity
from cds.wording.sentence import Sentence, Term
from cds.wording.text import stem, word_set

_LIMITING = frozenset({"unless", "only", "until", "except"})
_NEARLY = 0.85  # of the best overlap: parts of the evidence that may be the one meant
_AMOUNT = 1.5  # a number with its unit tells two clauses apart better than a word does
_NEIGHBOUR = 0.5  # of what the clauses beside a segment say, in finding what it rests on
_ADJUNCT = 0.25  # what a phrase such as "in adults with asthma" weighs against the subject, the verb and the object
# Too general to be denied by themselves: "people without" says nothing without what follows.
_NEVER_ALONE = frozenset(
    stem(w)
    for w in "people patient person adult study trial group use take time case child woman man any other another".split()
)


_VERBS = word_set(
    """
    is are was were be should must may might can cannot could will would do does did has have had reduces reduced
    increases increased improved shows showed lowers lowered raises raise lower cause causes need needs
    """
)


_UNNAMED = 0.8  # of a clause that names no medicine, where the statement does
_UNORDERED = 0.6  # of a clause that only tells what is so, where the statement says what to do
_ORDERS = word_set("should must shouldn't mustn't avoid avoided contraindicated recommended advised offered never")
_ALLOWS = frozenset({"may", "can"})
_IMPERATIVE = word_set(
    """
    give offer use take do stop continue avoid start check measure refer consider treat prescribe add reduce increase
    monitor withhold arrange ask review repeat switch
    """
)
_SUBJECT = 0.3  # of what is said, weighs what it is said of
_FEW = 2  # of an order, what it is about: "keep the vaccine in a refrigerator and never freeze it"
_NAMED = 0.6  # of a clause's words, in finding it, those of what it is about
_PHRASE = 0.6  # of a clause's words, in finding it, those of "in adults with asthma"
_PRONOUNS = frozenset({"it", "they", "them"})


@dataclass(frozen=True, slots=True)
class _Said:
    """One statement of the evidence: a clause with those that belong to it, and what its "it" stands for."""

    sentence: Sentence
    numbers: frozenset[int]
    referred: tuple[Term, ...]

    @property
    def medicines(self) -> bool:
        """Whether it names a medicine, or refers to one."""
        return any(t.medicine for t in self.sentence.terms if t.segment in self.numbers) or any(
            t.medicine for t in self.referred
        )

    @property
    def orders(self) -> bool:
        """Whether it says what to do or not to do."""
        starts = [self.sentence.segments[n].first for n in self.numbers]
        opening = {t.text for first in starts for t in self.sentence.tokens[first : first + 2]}
        return bool((_ORDERS | _ALLOWS) & _words(self.sentence, self.numbers) or _IMPERATIVE & opening)

    def holding(self, term: Term) -> list[Term]:
        """Where a term is said in it."""
        here = [o for o in occurrences(term, self.sentence) if o.segment in self.numbers]
        return here or [o for o in self.referred if term.matches(o)]


def check_negation(reading: Reading) -> CheckResult:
    """Fail a statement that denies what its evidence says, or says what its evidence denies."""
    if reading.verbatim:
        return CheckResult("negation", "pass")
    parts = [
        _Said(sentence, numbers, _referred(sentence, numbers, before))
        for before, sentence in zip((None, *reading.evidence), reading.evidence, strict=False)
        for _, numbers in parts_of(sentence)
    ]
    for sentence in reading.claim:
        for _, numbers in parts_of(sentence):
            subject = _referred(sentence, numbers, None)
            terms = [*(term for term in sentence.terms if term.segment in numbers), *subject]
            amounts = [q for q in sentence.quantities if sentence.segment_of(q.last) in numbers]
            orders = bool(_ORDERS & _words(sentence, numbers))
            against = ""
            rests: list[Sentence] = []
            for number in sorted(numbers):
                own = [term for term in terms if term.segment == number]
                meant = _meant(terms, amounts, parts, sentence, number, orders=orders)
                rests += [part.sentence for part in meant]
                against = against or _against(sentence, own, meant, parts, orders=_told(sentence, numbers, meant))
            if against and not _conditional(sentence, numbers, rests):
                return CheckResult(
                    "negation", "fail", f"the cited text says the opposite of: {against}", "contradicted"
                )
    return CheckResult("negation", "pass")


def _referred(sentence: Sentence, numbers: frozenset[int], before: Sentence | None) -> tuple[Term, ...]:
    """What "it" and a left-out subject stand for, said with the sign of the clause that refers to it."""
    found: list[Term] = []
    for number in sorted(n for n in numbers if sentence.segments[n].inherits):
        segment = sentence.segments[number]
        here = [t for t in sentence.terms if t.segment in numbers]
        pronoun = next(
            (i for i in range(segment.first, segment.last + 1) if sentence.tokens[i].text in _PRONOUNS), segment.first
        )
        sign = 0 if segment.introduces else segment.sign_at(pronoun)
        found += [
            replace(t, sign=sign, segment=number, core=True, local=False)
            for t in _antecedent(sentence, number, before)
            if not any(t.matches(o) for o in here)
        ]
    return tuple(found)


def _antecedent(sentence: Sentence, number: int, before: Sentence | None) -> list[Term]:
    """The subject of the nearest clause before, else the medicines in it, else all that it is about."""
    clauses = [(sentence, n) for n in range(number)]
    if before is not None and not any(
        sentence.segments[n].inherits or not sentence.segments[n].introduces for _, n in clauses
    ):
        clauses = [*((before, n) for n in range(len(before.segments))), *clauses]
    for source, n in reversed(clauses):
        terms = [t for t in source.terms if t.segment == n]
        if source.segments[n].introduces or not terms:
            continue
        words = source.words()
        verb = next((i for i in range(source.segments[n].first, source.segments[n].last + 1) if words[i] in _VERBS), 0)
        return (
            [t for t in terms if t.last < verb and t.core]
            or [t for t in terms if t.medicine]
            or [t for s, m in clauses for t in s.terms if t.segment == m and t.medicine]
            or [t for t in terms if t.core][:_FEW]
        )
    return []


def _meant(
    terms: list[Term], amounts: list[Quantity], parts: list[_Said], sentence: Sentence, number: int, *, orders: bool
) -> list[_Said]:
    """The parts of the evidence that a segment of the statement may rest on; those beside it say so too, but less."""
    scored = []
    named = [t for t in terms if t.medicine]
    if any(part.holding(t) for part in parts for t in named):  # what is said of another medicine is not meant
        parts = [p for p in parts if any(p.holding(t) for t in named) or not p.medicines]
    for part in parts:
        score = 0.0
        for term in terms:
            held = part.holding(term)
            weight = (
                term.weight
                * (1.0 if term.segment == number else _NEIGHBOUR)
                * max(_NAMED, _share(sentence, term, any_term=not orders))
            )
            weight *= 1.0 if term.core else _PHRASE
            if held and (not term.local or any(o.local for o in held)):  # "not pregnant" is another clause's "pregnant"
                score += weight
            elif occurrences(term, part.sentence) and not held:
                score += 0.3 * weight
        for amount in amounts:
            alike = [q for q in part.sentence.quantities if q.dimension == amount.dimension and q.raw == amount.raw]
            near = 1.0 if sentence.segment_of(amount.last) == number else _NEIGHBOUR
            score += near * _AMOUNT * any(part.sentence.segment_of(q.last) in part.numbers for q in alike)
        if named and orders and not part.medicines:
            score *= _UNNAMED
        if orders and not part.orders:
            score *= _UNORDERED
        scored.append((score, part))
    best = max((score for score, _ in scored), default=0.0)
    return [part for score, part in scored if best and score >= _NEARLY * best]


def _share(sentence: Sentence, term: Term, *, any_term: bool = False) -> float:
    """What a denial turns is the predicate: the subject before it may be said of elsewhere with another sign."""
    if (term.medicine and not any_term) or term.segment >= len(sentence.segments):
        return 1.0
    segment = sentence.segments[term.segment]
    words = sentence.words()
    verb = next((i for i in range(segment.first, segment.last + 1) if words[i] in _VERBS), None)
    subject = (
        verb is not None
        and term.last < verb
        and any(t.first > verb and t.segment == term.segment for t in sentence.terms)
    )
    return _SUBJECT if subject else 1.0


def _told(sentence: Sentence, numbers: frozenset[int], meant: list[_Said]) -> bool:
    """Whether it is about what to do, so that the medicine is what is advised or not."""
    return bool(_ORDERS & _words(sentence, numbers)) or any(part.orders for part in meant)


def _against(sentence: Sentence, terms: list[Term], meant: list[_Said], parts: list[_Said], *, orders: bool) -> str:
    """The terms said with the opposite sign, when they outweigh those said with the same."""
    agree = disagree = most = 0.0
    several = [t for t in terms if t.medicine] if len([t for t in terms if t.medicine]) > 1 else []
    undecided = False
    opposed: list[str] = []
    medicines: set[bool] = set()
    for term in terms:
        held = [(part.sentence, o) for part in meant for o in part.holding(term)]
        if not held and term.core and term in several:  # "offer warfarin instead" stands in a clause of its own
            held = [(part.sentence, o) for part in parts for o in part.holding(term)]
        found = [o for _, o in held]
        if not found or term.stem in _NEVER_ALONE:
            continue
        if (_turned_alone(term, found) and not _denied_beside(sentence, term)) or _with_and_without(
            sentence, term, held
        ):
            return term.stem  # "with diabetes" for "without diabetes" turns one word only
        signs = {o.sign for o in found}
        undecided = undecided or (term.core and len(signs - {0}) > 1)
        if 0 in signs or not term.sign or len(signs) > 1:
            continue  # it says when, or it is said both ways: it decides nothing
        weight = (
            term.weight
            * (1.0 if term.core else _ADJUNCT)
            * (1.0 if any(o.core or o.local for o in found) else _ADJUNCT)
        )
        weight *= _share(sentence, term, any_term=not orders)
        if term.sign in signs:
            agree += weight
        else:
            disagree += weight
            most = max(most, weight)
            opposed.append(term.stem)
        if term.medicine and (orders or _share(sentence, term, any_term=True) == 1.0):
            medicines.add(term.sign in signs)
            if term in several and term.sign not in signs and term.core and all(o.core and not o.local for o in found):
                return term.stem  # of two medicines the one advised is the other one
    if undecided and most <= _ADJUNCT:
        return ""  # the clauses differ on what it is about, and only a phrase beside it is opposed
    if medicines == {True}:  # the medicine is advised, or not, as the text has it; the rest says for whom
        return ""
    return ", ".join(opposed) if disagree and (disagree >= agree or medicines == {False}) else ""


def _with_and_without(sentence: Sentence, term: Term, held: list[tuple[Sentence, Term]]) -> bool:
    """Whether one says "with it" and the other only "without it", inside a clause that is itself denied."""
    if term.local:
        return all(not o.local and _with(other, o) for other, o in held)
    return _with(sentence, term) and all(o.local for _, o in held)


def _with(sentence: Sentence, term: Term) -> bool:
    """Whether the word stands right behind "with": at most one word between them."""
    return "with" in sentence.words()[max(0, term.first - 2) : term.first]


def _denied_beside(sentence: Sentence, term: Term) -> bool:
    """Whether a clause that says when holds a denial too: "when targets are not met"."""
    if term.local or term.sign or term.segment >= len(sentence.segments):
        return False
    return bool(sentence.segments[term.segment].turned)


def _turned_alone(term: Term, found: list[Term]) -> bool:
    if not (term.local or all(o.local for o in found)):
        return False
    return (term.sign or 1) not in {o.sign or 1 for o in found}


def _conditional(sentence: Sentence, numbers: frozenset[int], evidence: Sequence[Sentence]) -> bool:
    """'Do not use X unless Y' says the same as 'use X only if Y', and 'not without Y' as 'only with Y'."""
    last = max(sentence.segments[n].last for n in numbers)
    said = _limits(sentence.words()[: last + 1])  # "only if A, and B" limits B too; what follows is not limited yet
    return bool(said) and any((there := _limits(other.words())) and there != said for other in evidence)


def _words(sentence: Sentence, numbers: frozenset[int]) -> set[str]:
    spans = [sentence.segments[n] for n in numbers]
    return {token.text for s in spans for token in sentence.tokens[s.first : s.last + 1]}


def _limits(words: tuple[str, ...]) -> set[str]:
    found = set(_LIMITING & set(words))
    if "without" in words and {"not", "never", "no"} & set(words[: words.index("without")]):
        found.add("without")
    if "before" in words and {"needed", "required", "necessary"} & set(words):
        found.add("before")  # "advice is needed before it is restarted"
    return found
