"""How well the checks tell true claims from false: labelled ones, and false ones made by rule from true ones."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import orjson

from cds.errors import InvalidInput
from cds.evaluation.mutations import KINDS, mutations
from cds.grounding import judge_claim
from cds.recommendation import Verdict

LABELS: tuple[str, ...] = get_args(Verdict)
_POOL = ("amiodarone", "gentamicin", "lithium", "metformin", "warfarin")  # names to put in place of a claim's own


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
    line: int
    reason: str


def read_claims(path: Path) -> tuple[tuple[Claim, ...], tuple[BadLine, ...]]:
    """The claims of a file of JSON lines, and the lines that are none; a line without a label is a true claim."""
    if not path.is_file():
        raise InvalidInput(f"There is no file {path}.", code="no_such_file")
    claims, refused = [], []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            claims.append(_claim(orjson.loads(line)))
        except (orjson.JSONDecodeError, InvalidInput) as error:
            reason = str(error) if isinstance(error, InvalidInput) else "not JSON"
            refused.append(BadLine(number, reason))
    if not claims and not refused:
        raise InvalidInput(f"{path} holds no claims.", code="no_cases")
    return tuple(claims), tuple(refused)


def _claim(row: Any) -> Claim:
    if not isinstance(row, dict):
        raise InvalidInput("Not an object.")
    claim, evidence, label = row.get("claim"), row.get("evidence"), row.get("label", "supported")
    if not isinstance(claim, str) or not claim.strip():
        raise InvalidInput("“claim” is not a text.")
    if not isinstance(evidence, list) or not evidence or not all(isinstance(text, str) for text in evidence):
        raise InvalidInput("“evidence” is not a list of texts.")
    if label not in LABELS:
        raise InvalidInput(f"“label” is none of {', '.join(LABELS)}")
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


def evaluate_claims(claims: Sequence[Claim], refused: Sequence[BadLine] = ()) -> dict[str, Any]:
    """Each label against each verdict, how long a claim takes, and what of each kind was blocked."""
    confusion = {label: dict.fromkeys(LABELS, 0) for label in LABELS}
    made, blocked = Counter[str](), Counter[str]()
    times = []
    judge_claim("Give amoxicillin 500 mg.", ["Give amoxicillin."])  # the word lists are read once, not per claim
    for one in claims:
        started = time.perf_counter()
        verdict = judge_claim(one.claim, one.evidence)
        times.append((time.perf_counter() - started) * 1000)
        confusion[one.label][verdict] += 1
        if one.kind:
            made[one.kind] += 1
            blocked[one.kind] += verdict != "supported"
    true = sum(confusion["supported"].values())
    report: dict[str, Any] = {
        "confusion": confusion,
        "ms_per_claim": {f"p{share}": round(_percentile(times, share), 3) for share in (50, 95, 99)},
        "claims": len(claims),
        "falsely_blocked": round(1 - confusion["supported"]["supported"] / true, 4) if true else None,
        "refused": [{"line": bad.line, "reason": bad.reason} for bad in refused],
    }
    if made:
        report["blocked"] = {
            kind: {"made": made[kind], "blocked": blocked[kind], "share": round(blocked[kind] / made[kind], 4)}
            for kind in KINDS
            if made[kind]
        }
    return report


def _percentile(values: Sequence[float], share: int) -> float:
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share / 100 * (len(ordered) - 1)))]
