"""How well the checks tell true claims from false: labelled ones, and false ones made by rule from true ones."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import orjson

from cds.errors import InvalidInput
from cds.evaluation.mutations import KINDS, mutations
from cds.grounding import judge_claim
from cds.recommendation import Verdict
from cds.review.intervals import wilson
from cds.wording.sentence import read_sentences

LABELS: tuple[str, ...] = get_args(Verdict)
_POOL = ("amiodarone", "gentamicin", "lithium", "metformin", "warfarin")  # names to put in place of a claim's own
_LONGEST_CLAIM, _LONGEST_EVIDENCE = 4_000, 400_000  # characters; a statement of ours is one sentence
_ENOUGH = 0.7  # of a claim's words that its evidence must hold for who looks at nothing else

Judge = Callable[[str, Sequence[str]], Verdict]


@dataclass(frozen=True, slots=True)
class Claim:
    """One labelled claim; `kind` says how it was made where it was made by rule."""

    claim: str
    evidence: tuple[str, ...]
    label: str
    half: str = ""
    document: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no labelled claim, with a code that stays the same and the reason in words."""

    line: int
    code: str
    reason: str


def read_claims(path: Path) -> tuple[tuple[Claim, ...], tuple[BadLine, ...]]:
    """The claims of a file of JSON lines, and the lines that are none; a line without a label is a true claim."""
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", code="no_such_file")
    claims, refused = [], []
    for number, line in enumerate(path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            claims.append(_claim(orjson.loads(line)))
        except orjson.JSONDecodeError:
            refused.append(BadLine(number, "not_json", "It is not JSON."))
        except InvalidInput as error:
            refused.append(BadLine(number, error.code, str(error)))
    if not claims and not refused:
        raise InvalidInput(f"{path} holds no claims.", code="no_cases")
    return tuple(claims), tuple(refused)


def _claim(row: Any) -> Claim:
    if not isinstance(row, dict):
        raise InvalidInput("It is not an object.", code="not_an_object")
    claim, evidence, label = row.get("claim"), row.get("evidence"), row.get("label", "supported")
    if not isinstance(claim, str) or not claim.strip():
        raise InvalidInput("“claim” is not a text.", code="bad_claim")
    if not isinstance(evidence, list) or not all(isinstance(text, str) for text in evidence):
        raise InvalidInput("“evidence” is not a list of texts.", code="bad_evidence")
    if not isinstance(label, str) or label not in LABELS:
        raise InvalidInput(f"“label” is none of {', '.join(LABELS)}.", code="bad_label")
    if len(claim) > _LONGEST_CLAIM or sum(map(len, evidence)) > _LONGEST_EVIDENCE:
        raise InvalidInput(
            f"It is too long: {_LONGEST_CLAIM:,} characters a claim, {_LONGEST_EVIDENCE:,} of evidence.",
            code="too_long",
        )
    return Claim(claim, tuple(evidence), label, str(row.get("half", "")), str(row.get("document", "")))


def false_claims(true: Sequence[Claim]) -> Iterator[Claim]:
    """False claims made by rule of true ones: one thing changed in each, or the evidence of another."""
    for place, one in enumerate(true):
        said = " ".join(one.evidence).lower()
        pool = [name for name in _POOL if name not in said]
        for made in mutations(one.claim, pool=pool, known=said):
            yield Claim(made.claim, one.evidence, "contradicted", one.half, one.document, made.kind)
        for step in (1, len(true) // 2):  # the neighbour speaks of nearly the same, the far one of something else
            other = true[(place + step) % len(true)]
            if other.evidence != one.evidence and other.claim != one.claim:
                yield Claim(one.claim, other.evidence, "not_addressed", one.half, one.document, "id_swap")


def words_shared(claim: str, evidence: Sequence[str]) -> Verdict:
    """What is left when only words are counted: supported when the evidence holds most words of the claim."""
    said = [term for sentence in read_sentences(claim) for term in sentence.terms]
    there = {stem for text in evidence for sentence in read_sentences(text) for stem in sentence.stems}
    held = sum(all(part in there for part in term.parts) for term in said)
    return "supported" if said and held >= _ENOUGH * len(said) else "not_addressed"


def evaluate_claims(
    claims: Sequence[Claim], refused: Sequence[BadLine] = (), *, judge: Judge = judge_claim
) -> dict[str, Any]:
    """Each label against each verdict, how long a claim takes, and what of each kind was blocked."""
    confusion = {label: dict.fromkeys(LABELS, 0) for label in LABELS}
    made, blocked = Counter[str](), Counter[str]()
    times = []
    judge("Give amoxicillin 500 mg.", ["Give amoxicillin."])  # the word lists are read once, not per claim
    for one in claims:
        started = time.perf_counter()
        verdict = judge(one.claim, one.evidence)
        times.append((time.perf_counter() - started) * 1000)
        confusion[one.label][verdict] += 1
        if one.kind:
            made[one.kind] += 1
            blocked[one.kind] += verdict != "supported"
    true = sum(confusion["supported"].values())
    wrong = true - confusion["supported"]["supported"]
    report: dict[str, Any] = {
        "confusion": confusion,
        "ms_per_claim": {f"p{share}": round(_percentile(times, share), 3) for share in (50, 95, 99)},
        "claims": len(claims),
        "falsely_blocked": round(wrong / true, 4) if true else None,
        "falsely_blocked_interval": _interval(wrong, true) if true else None,
        "refused": [{"line": bad.line, "code": bad.code, "reason": bad.reason} for bad in refused],
    }
    if made:
        report["blocked"] = {
            kind: {
                "made": made[kind],
                "blocked": blocked[kind],
                "share": round(blocked[kind] / made[kind], 4),
                "interval": _interval(blocked[kind], made[kind]),
            }
            for kind in KINDS
            if made[kind]
        }
    return report


def _interval(count: int, of: int) -> list[float]:
    share = wilson(count, of)
    return [round(share.low, 4), round(share.high, 4)]


def _percentile(values: Sequence[float], share: int) -> float:
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share / 100 * (len(ordered) - 1)))]
