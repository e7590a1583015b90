"""Nothing in a statement is a link, markup, an instruction to the reader's software, or another patient."""

# ruff: noqa: E501 lists of words and patterns read better as they are spoken

import re

from cds.grounding.reading import Reading
from cds.recommendation import CheckResult

_FORBIDDEN = (
    ("a link", re.compile(r"https?:|www\.|\bftp:|mailto:|\b[a-z0-9-]+\.(?:com|org|net|io|ru|cn|info|biz|xyz)\b|\]\(|data:", re.I)),
    ("markup", re.compile(r"<\s*/?\s*[a-z!][^>]*>|&(?:[a-z]+|#\d+);|```|!\[|\{\{|\}\}|<\||\|>|\[/?INST\]", re.I)),
    (
        "an instruction",
        re.compile(
            r"\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:instructions?|prompts?|rules|guidelines? above|previous|prior|above)\b"
            r"|\bsystem prompt\b|\bas an? (?:ai|language) (?:model|assistant)\b|\b(?:assistant|system|user)\s*:|\byou are now\b|\bact as\b.{0,20}\b(?:ai|assistant|model)\b"
            r"|\b(?:click|tap) (?:here|on|the)\b|\bdownload\b.{0,20}\b(?:file|app)\b|\bsend\b.{0,30}\b(?:e-?mail|password|record)\b|\bdo not (?:tell|show|mention) (?:the|this)\b.{0,20}\b(?:user|clinician|doctor|physician)\b",
            re.I | re.S,
        ),
    ),
    ("invisible characters", re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]")),
)  # fmt: skip
_PERSON = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.?\s+[A-Z][a-z]+")
_RECORD_NUMBER = re.compile(r"\b(?:MRN|NHS|patient (?:id|number|no\.?)|record number|SSN)\W{0,3}[\w-]*\d[\w-]*", re.I)


def check_foreign(reading: Reading) -> CheckResult:
    """Fail a statement that holds what no statement of evidence holds."""
    text = reading.statement.text
    cited = " ".join(sentence.text for sentence in reading.cited)
    for name, pattern in _FORBIDDEN:
        if pattern.search(text):
            return _fail(f"it holds {name}")
    for pattern in (_PERSON, _RECORD_NUMBER):
        for match in pattern.finditer(text):
            if match.group() not in cited and not (
                reading.facts and reading.facts.name and match.group().split()[-1] in reading.facts.name
            ):
                return _fail("it names a person the cited text does not")
    return CheckResult("foreign", "pass")


def _fail(detail: str) -> CheckResult:
    return CheckResult("foreign", "fail", detail, "not_addressed")
