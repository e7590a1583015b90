"""How good the answers are: labelled questions asked of the whole pipeline, and what came of each."""

import json
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from cds.errors import InvalidInput
from cds.evaluation.threshold import Choice, Outcome, Point, choose, curve
from cds.grounding import ground
from cds.grounding.statement import CitedSentence, DraftStatement
from cds.offer import sentence_id
from cds.recommendation import Recommendation, Statement

Progress = Callable[[int, int], None]


class Case(BaseModel):
    """One labelled question."""

    model_config = ConfigDict(frozen=True)  # a site's own cases may carry more than is read here

    id: str
    question: str
    status: Literal["answerable", "unanswerable"]
    patient: str | None = None
    documents: tuple[str, ...] = ()  # an answer that cites one of them cites the right one
    phrases: tuple[str, ...] = ()  # verbatim: a right answer's citation holds one of them
    half: Literal["development", "held_out"] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one question."""

    id: str
    question: str
    expected: str
    status: str
    because: str
    confidence: float
    documents: tuple[str, ...]
    right_document: bool | None
    right_passage: bool | None
    shown: int
    supported: int  # of what is shown, on a second look from the quotes alone
    withheld: int
    seconds: float
    model_seconds: float
    statements: tuple[dict[str, str], ...]
    drafted: tuple[dict[str, str], ...] = ()  # what the model wrote, before the checks; `failed` is empty if it stayed

    @property
    def is_shown(self) -> bool:
        return self.status in ("answered", "quoted")

    @property
    def wrong(self) -> bool:
        """Something is shown that does not answer this question."""
        return self.is_shown and (self.expected == "unanswerable" or self.right_document is False)


def read_cases(paths: Iterable[Path], *, half: str | None = None) -> tuple[Case, ...]:
    """The cases of these files, one JSON document a line."""
    cases: list[Case] = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise InvalidInput(f"{path} cannot be read.", code="cases_unreadable") from None
        for number, line in enumerate(lines, 1):
            if line.strip():
                cases.append(_case(line, f"{path.name}, line {number}"))
    chosen = tuple(case for case in cases if half is None or case.half == half)
    if not chosen:
        raise InvalidInput("There is no case to evaluate.", code="no_cases")  # nothing measured is no result
    return chosen


def run(
    cases: Sequence[Case], ask: Callable[[Case], tuple[Recommendation, float]], *, progress: Progress
) -> tuple[Row, ...]:
    """Ask every question; `ask` gives the answer and its seconds."""
    rows: list[Row] = []
    for number, case in enumerate(cases, 1):
        rows.append(_row(case, *ask(case)))
        progress(number, len(cases))
    return tuple(rows)


def report(rows: Sequence[Row], *, alpha: float, delta: float) -> dict[str, Any]:
    """The figures of a run, as `cds evaluate answers --json` prints them."""
    answerable = [row for row in rows if row.expected == "answerable"]
    unanswerable = [row for row in rows if row.expected == "unanswerable"]
    shown = [row for row in rows if row.is_shown]
    statements = sum(row.shown for row in shown)
    drafted = statements + sum(row.withheld for row in rows)
    labelled = [row for row in answerable if row.is_shown and row.right_passage is not None]
    cited = [row for row in answerable if row.is_shown]
    choice, points = threshold(rows, alpha=alpha, delta=delta)
    return {
        "cases": {"answerable": len(answerable), "unanswerable": len(unanswerable)},
        "status": dict(Counter(row.status for row in rows)),
        "because": dict(Counter(row.because for row in rows if row.because)),
        "groundedness": _share(sum(row.supported for row in shown), statements),
        "withheld": {"statements": drafted - statements, "share": _share(drafted - statements, drafted)},
        "answered_or_quoted": _share(sum(row.is_shown for row in answerable), len(answerable)),
        "abstention": _share(sum(not row.is_shown for row in unanswerable), len(unanswerable)),
        "right_document": _share(sum(bool(row.right_document) for row in cited), len(cited)),
        "right_passage": _share(sum(bool(row.right_passage) for row in labelled), len(labelled)),
        "seconds": _seconds([row.seconds for row in rows]),
        "model_seconds": _seconds([row.model_seconds for row in rows if row.model_seconds]),
        "without_model_seconds": _seconds([row.seconds - row.model_seconds for row in rows]),
        "threshold": asdict(choice),
        "curve": [asdict(point) for point in points],
    }


def threshold(rows: Sequence[Row], *, alpha: float, delta: float) -> tuple[Choice, tuple[Point, ...]]:
    """The choice and the curve from a run; complete only when the run itself kept silent about nothing."""
    outcomes = [Outcome(row.confidence, row.wrong) for row in rows if row.is_shown]
    # Questions about which nothing could be said count as answered rightly, by silence, at every threshold.
    outcomes += [Outcome(-1.0, wrong=False) for row in rows if not row.is_shown]
    return choose(outcomes, alpha=alpha, delta=delta), curve(outcomes, delta=delta)


def _case(line: str, where: str) -> Case:
    try:
        return Case.model_validate(json.loads(line))
    except (ValidationError, json.JSONDecodeError):
        raise InvalidInput(
            f"{where}: a case is one JSON document with id, question and status (answerable or unanswerable).",
            code="bad_case",
        ) from None


def _row(case: Case, answer: Recommendation, seconds: float) -> Row:
    cited = tuple(dict.fromkeys(c.document for s in answer.statements for c in s.citations))
    quotes = " ".join(" ".join(c.quote.split()) for s in answer.statements for c in s.citations)
    return Row(
        id=case.id,
        question=case.question,
        expected=case.status,
        status=answer.status,
        because=str(answer.extra.get("because", "")),
        confidence=answer.relevance,
        documents=cited,
        right_document=bool(set(cited) & set(case.documents)) if case.documents else None,
        right_passage=any(" ".join(one.split()) in quotes for one in case.phrases) if case.phrases else None,
        shown=len(answer.statements),
        supported=sum(_supported(statement) for statement in answer.statements),
        withheld=len(answer.withheld),
        seconds=seconds,
        model_seconds=answer.seconds.get("model", 0.0),
        statements=tuple(
            {"text": s.text, "quote": " ".join(c.quote for c in s.citations), "document": s.citations[0].document}
            for s in answer.statements
        ),
        drafted=_drafted(answer),
    )


def _drafted(answer: Recommendation) -> tuple[dict[str, str], ...]:
    """Every statement of the model with what it cites, whether or not it was shown."""
    sentences = {
        sentence_id(hit.passage, sentence.number): (hit.passage, sentence)
        for hit in answer.evidence
        for sentence in hit.passage.sentences
    }
    found = []
    if answer.status == "answered":
        for s in answer.statements:
            quote = " ".join(c.quote for c in s.citations)
            found.append({"text": s.text, "quote": quote, "document": s.citations[0].document, "failed": ""})
    for one in answer.withheld:
        cited = [sentences[identifier] for identifier in one.cited if identifier in sentences]
        quote = " ".join(sentence.text for _, sentence in cited)
        document = cited[0][0].document.id if cited else ""
        found.append({"text": one.text, "quote": quote, "document": document, "failed": f"{one.failed}: {one.detail}"})
    return tuple(found)


def _supported(statement: Statement) -> bool:
    cited = tuple(
        CitedSentence(
            id=citation.passage,
            text=citation.quote,
            kind="record" if statement.kind == "finding" else "guideline",
            section=citation.section,
            title=citation.title,
        )
        for citation in statement.citations
    )
    ids = tuple(one.id for one in cited)
    return (
        ground(DraftStatement(statement.text, statement.kind, ids), cited=cited, retrieved=ids).verdict == "supported"
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _seconds(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 3),
        "p95": round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 3),
    }
