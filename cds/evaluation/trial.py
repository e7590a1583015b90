"""Ten cases that tell what a model is fit for: to draft statements, to select sentences, or neither."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from cds.drafting import InvalidDraft, draft
from cds.errors import Unavailable
from cds.evidence import DocumentRef, Passage, Sentence
from cds.grounding import ground
from cds.language_model import LanguageModel, Skill
from cds.offer import Offered

_FILE = Path(__file__).parent / "trial.yaml"
# Of ten: a model that errs more often than this on cases this easy is not to be shown to anybody.
_NEEDED = {"draft": 9, "select": 7}
# A model slower than this for one case is too slow for a consult, whatever its quality.
_CASE_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class TrialCase:
    """A question, the sentences offered, and which of them answer."""

    question: str
    about: str
    sentences: tuple[str, ...]
    right: frozenset[int]


@dataclass(frozen=True, slots=True)
class Trial:
    """How a model did with one skill."""

    skill: Skill
    right: int
    invalid: int
    withheld: int
    cases: int
    seconds: float  # an answer, on average

    @property
    def passed(self) -> bool:
        return self.right >= _NEEDED[self.skill]


@cache
def trial_cases() -> tuple[TrialCase, ...]:
    """The cases of the data file."""
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tuple(
        TrialCase(one["question"], one["about"], tuple(one["sentences"]), frozenset(one["right"]))
        for one in content["cases"]
    )


def try_model(model: LanguageModel, skill: Skill, *, progress: Callable[[int, int], None]) -> Trial:
    """Run the cases with this skill, until it can no longer pass; `model` must have been opened with it."""
    cases = trial_cases()
    right = invalid = withheld = tried = 0
    seconds = 0.0
    for tried, case in enumerate(cases, 1):
        try:
            is_right, refused, spent = _try_case(model, case)
        except (InvalidDraft, Unavailable):
            invalid += 1
        else:
            right, withheld, seconds = right + is_right, withheld + refused, seconds + spent
        progress(tried, len(cases))
        if tried - right > len(cases) - _NEEDED[skill]:
            break
    done = tried - invalid
    return Trial(skill, right, invalid, withheld, tried, round(seconds / done, 1) if done else _CASE_SECONDS)


def _try_case(model: LanguageModel, case: TrialCase) -> tuple[bool, int, float]:
    """Whether a sentence that answers is among those shown, how many statements were refused, and the seconds."""
    offered = _offered(case)
    drafted = draft(model, question=case.question, offered=offered, patient=(), seconds=_CASE_SECONDS, cancelled=_never)
    known = {one.id: one for one in offered}
    shown: set[int] = set()
    refused = 0
    for statement in drafted.statements:
        sources = [known[identifier] for identifier in statement.sentences if identifier in known]
        grounded = ground(statement, cited=[one.cited() for one in sources], retrieved=known.keys())
        if grounded.verdict == "supported":
            shown |= {one.sentence.number for one in sources}
        else:
            refused += 1
    return bool(shown & case.right), refused, drafted.seconds


def _offered(case: TrialCase) -> tuple[Offered, ...]:
    text = " ".join(case.sentences)
    sentences: list[Sentence] = []
    start = 0
    for number, sentence in enumerate(case.sentences, 1):
        sentences.append(Sentence(number, start, start + len(sentence), sentence))
        start += len(sentence) + 1
    source = DocumentRef("trial", "trial", case.about, None, None, None)
    passage = Passage("trial", "guideline", text, tuple(sentences), source, (), None, 0, len(text))
    return tuple(Offered(passage, sentence, 1.0) for sentence in sentences)


def _never() -> bool:
    return False
