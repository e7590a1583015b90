"""Results: OBX as observations, running text and NTE as the note of their report."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from cds.patient import Observation
from ingest.records.dates import read_moment
from ingest.records.hl7v2.facts import Place
from ingest.records.hl7v2.segments import Segment, coded
from ingest.records.notes import make_note
from ingest.records.texts import as_text, from_base64, trust
from knowledge.records.incoming import Item, Unread

_TEXT = frozenset({"TX", "FT"})
# An answer in words is short; what is longer, or of several lines, is a report.
_ANSWER = 200
_COMPARED = re.compile(r"\s*(<=|>=|<|>)?\s*([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)\s*$")
_RANGE = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*(?:-|to|–)\s*([+-]?\d+(?:\.\d+)?)")
_COMPARATORS: dict[str, Literal["<", "<=", ">=", ">"]] = {"<": "<", "<=": "<=", ">=": ">=", ">": ">"}
_ABSENT = {"X": "cannot be obtained", "N": "not asked", "O": "not done"}


@dataclass(slots=True)
class Report:
    """One OBR with what follows it; without OBR, the results of the message itself."""

    order: Segment | None
    results: list[Segment] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def read_reports(segments: Sequence[Segment], place: Place) -> Iterator[Item | Unread]:
    """The observations and the note of each report of a message."""
    for report in _reports(segments):
        repeated = Counter(_name_of(result) for result in report.results)
        for result in report.results:
            if result.text(2) in ("ED", "RP"):
                yield from _attachment(result, report)
            elif result.text(2) in _TEXT and _is_report_text(result, repeated):
                continue
            else:
                yield _observation(result, report, place)
        yield from _note(report, repeated, place)


def _reports(segments: Sequence[Segment]) -> Iterator[Report]:
    current = Report(order=None)
    last: Segment | None = None
    for segment in segments:
        if segment.name == "OBR":
            if current.results or current.lines:
                yield current
            current = Report(order=segment)
        elif segment.name == "OBX":
            current.results.append(segment)
            last = segment
            continue
        elif segment.name == "NTE":
            said = "\n".join(value.whole() for value in segment.all(3))
            about = coded(last.one(3))[1] if last is not None else None
            if said.strip():
                current.lines.append(f"{about}: {said}" if about else said)
            continue
        last = None
    if current.results or current.lines:
        yield current


def _name_of(result: Segment) -> str:
    return f"{result.text(3)}|{result.text(3, 2)}|{result.text(4)}"


def _is_report_text(result: Segment, repeated: Counter[str]) -> bool:
    text = "\n".join(value.whole() for value in result.all(5))
    return repeated[_name_of(result)] > 1 or len(text) > _ANSWER or "\n" in text


def _observation(result: Segment, report: Report, place: Place) -> Item:
    codes, text = coded(result.one(3))
    status = result.text(11)
    source = place.source(f"OBX-{result.text(1) or 1}", version=status or None)
    taken = _time(result, report)
    when = taken.isoformat() if taken and not _order(report) else ""
    key = "|".join((_order(report), codes[0].code if codes else text or "", result.text(4), when))
    item = place.item(f"observation/{key}", "Observation", source)
    if status in ("D", "W"):
        return replace(item, not_fact="entered-in-error")
    if text is None:
        return replace(item, not_fact="without-code")
    low, high = _range(result.text(7))
    observation = Observation(
        id="",
        text=text,
        codes=codes,
        source=source,
        taken=taken,
        category="laboratory" if report.order is not None else None,
        interpretation=result.text(8) or None,
        low=low,
        high=high,
        panel=None if report.order is None else coded(report.order.one(4))[1],
        **_value(result, status),
    )
    return replace(item, facts=(observation,))


def _value(result: Segment, status: str) -> dict[str, Any]:
    kind, given = result.text(2), result.all(5)
    unit = coded(result.one(6))
    units = result.text(6) or unit[1]
    if status in _ABSENT or not given:
        return {"absent": _ABSENT.get(status, "no value sent")}
    first = given[0]
    if kind == "SN":
        compared, amount, joined, second = (first.part(number) for number in (1, 2, 3, 4))
        if second or not _COMPARED.match(amount):
            return {"answer": f"{compared}{amount}{joined}{second} {units or ''}".strip()}
        return {"value": float(amount), "unit": units, "comparator": _COMPARATORS.get(compared)}
    if kind in ("CE", "CWE", "CNE", "CF", "IS", "ID"):
        said = [coded(value) for value in given]
        return {
            "answer": ", ".join(text for _, text in said if text) or None,
            "answer_codes": tuple(code for codes, _ in said for code in codes),
        }
    whole = ", ".join(value.whole() for value in given)
    match = _COMPARED.match(whole) if kind in ("NM", "ST") else None
    if match and (kind == "NM" or units):
        return {"value": float(match[2]), "unit": units, "comparator": _COMPARATORS.get(match[1] or "")}
    return {"answer": whole, "unit": None}


def _attachment(result: Segment, report: Report) -> Iterator[Unread]:
    """Encapsulated data: its text goes to the report's note."""
    value = result.one(5)
    subtype, encoding, data = value.part(3).lower(), value.part(4).lower(), value.part(5)
    declared = {"pdf": "application/pdf", "html": "text/html"}.get(subtype, "text/plain" if subtype == "plain" else "")
    if encoding != "base64" or not data or trust(declared or "application/octet-stream") is None:
        yield Unread(f"OBX {result.text(2)} ({subtype or 'unnamed'})")
        return
    report.lines.append(as_text(from_base64(data), declared).text)


def _note(report: Report, repeated: Counter[str], place: Place) -> Iterator[Item]:
    lines: list[str] = []
    for result in report.results:
        if result.text(2) in _TEXT and _is_report_text(result, repeated):
            lines.append("\n".join(value.whole() for value in result.all(5)))
    text = "\n".join([*lines, *report.lines])
    order = report.order
    title = (coded(order.one(4))[1] if order is not None else None) or "Note"
    when = _time(None, report) or place.sent
    note = make_note(text, title=title[:200], written=when.date() if when else None)
    if note is None:
        return
    named = _order(report) or (when.isoformat() if when else place.number)
    source = place.source("OBR-" + (order.text(1) or "1") if order is not None else "NTE")
    yield replace(place.item(f"report/{named}|{title}", "DiagnosticReport", source), note=note)


def _order(report: Report) -> str:
    """The number of the order: the laboratory's, else the ward's."""
    if report.order is None:
        return ""
    return report.order.text(3) or report.order.text(2)


def _time(result: Segment | None, report: Report) -> datetime | None:
    own = read_moment(result.text(14)) if result is not None else None
    if own is not None or report.order is None:
        return own
    return read_moment(report.order.text(7)) or read_moment(report.order.text(22))


def _range(text: str) -> tuple[float | None, float | None]:
    if match := _RANGE.match(text):
        return float(match[1]), float(match[2])
    match = _COMPARED.match(text)
    if match and match[1]:
        bound = float(match[2])
        return (None, bound) if match[1].startswith("<") else (bound, None)
    return None, None
