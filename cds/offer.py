"""The sentences a consult works with: all that were retrieved, best first, each under an id that can be checked."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from snowballstemmer import stemmer

from cds.errors import Unavailable
from cds.evidence import Hit, Passage, Sentence
from cds.grounding.statement import CitedSentence
from cds.recommendation import StatementKind

# How near each sentence is to the question, -1 to 1; the embedder's cosine where the caller has one.
Similarity = Callable[[str, Sequence[str]], Sequence[float]]

_STEMMER = stemmer("english")
_WORD = re.compile(r"[a-z0-9]+(?:[.'-][a-z0-9]+)*")


def _words(text: str) -> list[str]:
    return text.split()


# Words that say how a question is put and nothing of what it is about.
_EMPTY = frozenset(
    _words(
        """
    a about after all also am an and any are as at be been before being between both but by can could did do
    does doing for from give given had has have he her him his how i if in into is it its may me might more
    most must my need no nor not of on or our over she should so than that the their them then there these
    they this those to under up us use used using was we were what when where which while who whom whose why
    will with would you your
"""
    )
)
# What an edition says of an older one answers only who asks about editions: it is not today's advice.
_OLD_EDITION = re.compile(r"\b(?:(?:19|20)\d\d|previous|earlier|former|last|older) (?:edition|version)\b", re.I)
_SHORTEST_WORDS = 4  # below that it is a heading, a label or a cell of a table


@dataclass(frozen=True, slots=True)
class Offered:
    """One retrieved sentence with how well it fits the question."""

    passage: Passage
    sentence: Sentence
    score: float
    near: float = 0.0  # how near its meaning is to the question

    @property
    def id(self) -> str:
        return sentence_id(self.passage, self.sentence.number)

    @property
    def kind(self) -> StatementKind:
        return "finding" if self.passage.kind == "record" else "recommendation"

    def cited(self) -> CitedSentence:
        """The same sentence as the checks read it."""
        return CitedSentence(
            id=self.id,
            text=self.sentence.text,
            kind=self.passage.kind,
            section=self.passage.section,
            population=self.passage.population or self.passage.document.population,
            title=self.passage.document.title,
            before=self.passage.text[: self.sentence.start],
        )


def sentence_id(passage: Passage, number: int) -> str:
    """How a sentence is named in every record: its passage and its number there."""
    return f"{passage.id}:{number}"


def offer(question: str, hits: Sequence[Hit], *, similarity: Similarity | None = None) -> tuple[Offered, ...]:
    """Every usable sentence of the hits, best first."""
    about_editions = _OLD_EDITION.search(question) is not None
    found = [
        (hit, sentence)
        for hit in hits
        for sentence in hit.passage.sentences
        if _usable(sentence.text) and (about_editions or not _OLD_EDITION.search(sentence.text))
    ]
    if not found:
        return ()
    shared = _overlaps(question, [_in_context(hit.passage, sentence) for hit, sentence in found])
    texts = [sentence.text for _, sentence in found]
    near = _near(question, texts, similarity) or shared
    scored = [
        # A third each: near in meaning, near in words, and how well its passage did. None alone is right often enough.
        Offered(hit.passage, sentence, (max(0.0, near[at]) + shared[at] + hit.score) / 3, near[at])
        for at, (hit, sentence) in enumerate(found)
    ]
    return tuple(sorted(scored, key=lambda one: -one.score))


def _near(question: str, texts: Sequence[str], similarity: Similarity | None) -> Sequence[float]:
    try:
        return similarity(question, texts) if similarity is not None else ()
    except Unavailable:
        return ()  # without the embedder the words alone decide, as the search does too


def stems(text: str) -> set[str]:
    """The stems of the words that carry meaning."""
    return set(_STEMMER.stemWords([word for word in _WORD.findall(text.lower()) if word not in _EMPTY]))


def _usable(text: str) -> bool:
    stripped = text.strip()
    return len(stripped.split()) >= _SHORTEST_WORDS and not stripped.endswith((":", "?"))


def _in_context(passage: Passage, sentence: Sentence) -> str:
    return " ".join((passage.document.title, *passage.section, sentence.text))


def _overlaps(question: str, texts: Sequence[str]) -> list[float]:
    """Share of the question's words in each text, rare words (among these texts) counting more."""
    asked = stems(question)
    read = [stems(text) for text in texts]
    frequency = Counter(stem for text in read for stem in text)
    weight = {stem: math.log(1 + len(texts) / (1 + frequency[stem])) for stem in asked}
    whole = sum(weight.values()) or 1.0
    return [sum(weight[stem] for stem in asked & text) / whole for text in read]
