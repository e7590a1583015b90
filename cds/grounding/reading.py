"""A statement and what it cites, read once, so that every check works from the same analysis."""

import re
from dataclasses import dataclass
from functools import cached_property

from cds.grounding.statement import CitedSentence, DraftStatement
from cds.patient import PatientFacts
from cds.wording.sentence import Sentence, Term, read_sentence, read_sentences

_ALIGNED = 0.75  # of the best overlap: sentences that speak of the same thing as much as the best one nearly does


_OPENING = re.compile(
    r"^(?:yes|in short|in summary|according to (?:the|this|these) [^,:.;]{3,40}"
    r"|the (?:guideline|guidance|evidence|text|source|study|authors?) (?:says?|states?|shows?|suggests?|reports?) that)"
    r"[,:]? ",
    re.I,
)
_PRONOUNS = frozenset({"it", "they", "them", "these", "this", "those"})
_REFERRED = 0.7
_BESIDE = 0.6


@dataclass(frozen=True)
class Reading:
    """Everything a check may look at."""

    statement: DraftStatement
    cited: tuple[CitedSentence, ...]
    retrieved: frozenset[str]
    facts: PatientFacts | None
    question: str

    @cached_property
    def claim(self) -> tuple[Sentence, ...]:
        """The sentences of the statement that are not, word for word, cited sentences; all of them when each is."""
        wanted = {_plain(sentence) for sentence in self.evidence}
        said = [piece for sentence in read_sentences(self._text) for piece in _pieces(sentence, wanted)]
        return tuple(sentence for sentence in said if _plain(sentence) not in wanted) or tuple(said)

    @property
    def _text(self) -> str:
        """The statement without a "Yes," or an "According to the guideline," before it."""
        text = self.statement.text.strip()
        rest = _OPENING.sub("", text, count=1)
        return rest[:1].upper() + rest[1:] if rest else text

    @cached_property
    def evidence(self) -> tuple[Sentence, ...]:
        """The sentences it cites."""
        return tuple(sentence for cited in self._named for sentence in read_sentences(cited.text))

    @cached_property
    def context(self) -> tuple[Sentence, ...]:
        """What the page around says of whom and what it is about: title, headings, population, and the question."""
        texts: list[str] = []
        for cited in self._named:
            texts.extend((cited.title, *cited.section, cited.population or ""))
        return tuple(read_sentence(text) for text in dict.fromkeys((*texts, self.question)) if text.strip())

    @cached_property
    def lead(self) -> tuple[Sentence, ...]:
        """What stands before the cited sentences in their passages: what "it" is, and how a list begins."""
        return tuple(sentence for cited in self._named if cited.before for sentence in read_sentences(cited.before))

    @cached_property
    def verbatim(self) -> bool:
        """Whether the statement is word for word what it cites: one sentence, or several in their order."""
        wanted = {_plain(sentence) for sentence in self.evidence}
        return bool(self.claim) and all(_plain(sentence) in wanted for sentence in self.claim)

    @cached_property
    def _named(self) -> tuple[CitedSentence, ...]:
        wanted = set(self.statement.sentences)
        return tuple(cited for cited in self.cited if cited.id in wanted)

    @cached_property
    def _alignments(self) -> dict[str, tuple[Sentence, ...]]:
        return {sentence.text: self._align(sentence) for sentence in self.claim}

    def aligned(self, sentence: Sentence) -> tuple[Sentence, ...]:
        """The cited sentences that speak of the same thing as this sentence of the statement, best first."""
        return self._alignments[sentence.text]

    def _align(self, sentence: Sentence) -> tuple[Sentence, ...]:
        before = (None, *self.evidence)
        scored = [
            (overlap(sentence, other, before=before[place]), -place, other) for place, other in enumerate(self.evidence)
        ]
        best = max((score for score, _, _ in scored), default=0.0)
        if best <= 0:
            return ()
        kept = sorted((s for s in scored if s[0] >= _ALIGNED * best), key=lambda s: s[:2], reverse=True)
        return tuple(other for _, _, other in kept)


def _plain(sentence: Sentence) -> tuple[str, ...]:
    """The words without the stop at the end."""
    words = sentence.words()
    return words[:-1] if words[-1:] in ((".",), (";",)) else words


def _pieces(sentence: Sentence, wanted: set[tuple[str, ...]]) -> tuple[Sentence, ...]:
    """Two cited sentences joined by a semicolon are judged each by itself."""
    parts = [read_sentence(part.strip()) for part in sentence.text.split(";") if part.strip()]
    return tuple(parts) if len(parts) > 1 and any(_plain(part) in wanted for part in parts) else (sentence,)


def overlap(one: Sentence, other: Sentence, *, before: Sentence | None = None) -> float:
    """The weight of one sentence's content that another holds, with a part for its quantities.

    What "it" stands for may be in the sentence before; whom or where it is said of tells less than what is said.
    """
    refers = before is not None and bool(_PRONOUNS & set(other.words()))
    score = 0.0
    for term in one.terms:
        weight = term.weight * (1.0 if term.core else _BESIDE)
        if occurrences(term, other) or all(part in other.stems for part in term.parts):
            score += weight
        elif refers and before is not None and occurrences(term, before):
            score += _REFERRED * weight
    for quantity in one.quantities:
        if any(q.dimension == quantity.dimension and q.raw == quantity.raw for q in other.quantities):
            score += 0.5  # a shared number says less than a shared word: many sentences hold a 2
    return score


def occurrences(term: Term, sentence: Sentence) -> tuple[Term, ...]:
    """Where a term of one sentence occurs in another."""
    return sentence.like(term)


_WHEN = frozenset({"if", "when", "unless", "where", "until", "once", "because"})
Part = tuple[Sentence, frozenset[int]]  # a sentence, and the segments that make one statement of it


def parts_of(sentence: Sentence) -> list[Part]:
    """The statements a sentence makes: each main clause with the clauses that say when and which."""
    parts: list[set[int]] = []
    opening: set[int] = set()  # said of every statement of the sentence: "In adults, ..."
    ahead: set[int] = set()  # said of the next one only
    for number, segment in enumerate(sentence.segments):
        said = any(term.segment == number for term in sentence.terms)
        if segment.introduces and not parts:
            opening.add(number)
        elif segment.introduces and _leads(sentence, number):
            ahead.add(number)
        elif (
            parts
            and not ahead
            and (segment.introduces or segment.opener in ("(resumes)", "then") or not (said or segment.inherits))
        ):
            parts[-1].add(number)
        else:
            parts.append({number} | (ahead or opening))
            ahead = set()
    if ahead and parts:
        parts[-1] |= ahead
    return [(sentence, frozenset(part)) for part in parts or [opening]]


def _leads(sentence: Sentence, number: int) -> bool:
    """Whether a clause that says when begins a new statement: "; if it is still high, ..."."""
    first = sentence.segments[number].first
    before = {token.text for token in sentence.tokens[max(0, first - 1) : first + 1]}
    follows = any(not segment.introduces for segment in sentence.segments[number + 1 :])
    return follows and bool(before & {";", ":", "."}) and sentence.segments[number].opener in _WHEN


def read(
    statement: DraftStatement,
    *,
    cited: tuple[CitedSentence, ...],
    retrieved: frozenset[str],
    facts: PatientFacts | None,
    question: str,
) -> Reading:
    """Analyse a statement and its evidence."""
    return Reading(statement, cited, retrieved, facts, question)
