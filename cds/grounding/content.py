"""What the statement speaks of is spoken of in what it cites."""

import re

from snowballstemmer import stemmer

from cds.grounding.reading import Reading
from cds.recommendation import CheckResult

_STEMMER = stemmer("english")
_ENOUGH = 0.5  # half of a paraphrase's content words; below that it is about something else


def check_content(reading: Reading) -> CheckResult:
    """Fail a statement whose content words are mostly absent from what it cites."""
    claim = _stems(reading.statement.text)
    evidence = _stems(" ".join(sentence.text for sentence in reading.cited))
    if not claim:
        return CheckResult("content", "fail", "the statement says nothing", "not_addressed")
    if len(claim & evidence) < _ENOUGH * len(claim):
        return CheckResult("content", "fail", "the cited sentences do not speak of this", "not_addressed")
    return CheckResult("content", "pass")


def _stems(text: str) -> set[str]:
    return set(_STEMMER.stemWords([word for word in re.findall(r"[a-z0-9]+", text.lower()) if len(word) > 3]))
