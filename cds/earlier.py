"""What a follow-up question follows, and how it is told from a question that stands by itself."""

import re
from dataclasses import dataclass

from cds.wording.sentence import read_sentence

# Of the earlier question and answer, as much as says what "it" and "she" are; the sentences need the room.
_LONGEST = 240
_LEANS = re.compile(
    r"^(?:and|but|or|so|then|also|why|instead|otherwise|same|even if|what (?:about|if|else|then)|how about|"
    r"how (?:long|much|often|soon|many)|(?:which|what) dose|if (?:he|she|they|it|that)|(?:is|does|can) (?:it|that|this)"
    r")\b|\b(?:it|that one|this one|those|them|instead|the same|as well|the (?:second|first|other) (?:one|choice))\b",
    re.I,
)
_ENOUGH = 2  # specific words with which a question stands by itself


@dataclass(frozen=True, slots=True)
class Earlier:
    """The question before, with what it followed itself, and the first thing it was answered."""

    question: str
    answer: str = ""

    def with_question(self, text: str) -> str:
        """Both questions as one text to search for; the newest words count last."""
        return f"{_short(self.question)} {text}"

    def as_line(self) -> str:
        """One line of the prompt."""
        said = f" Answer: {_short(self.answer)}" if self.answer else ""
        return f"Earlier question: {_short(self.question)}{said}"


def leans_on_another(question: str) -> bool:
    """Whether a question can only be understood from the one before it."""
    specific = [term for term in read_sentence(question).terms if term.specific]
    return len(specific) < _ENOUGH or _LEANS.search(question) is not None


def _short(text: str) -> str:
    text = " ".join(text.split())
    if len(text) <= _LONGEST:
        return text
    return text[-_LONGEST:].partition(" ")[2]
