"""The values of a question beside what the chart says: as facts, each said to come from the question."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time

from cds.patient import Code, Observation, PatientFacts, Source
from cds.recommendation import Statement
from cds.recommendation import Warning as PatientWarning
from cds.safety import warnings_for
from cds.stated import Stated

_CHARTED = {"potassium": "Potassium", "kidney": "eGFR", "qtc": "QTc", "systolic": "Systolic blood pressure"}
_KIDNEY = (Code("loinc", "98979-8"),)  # the table holds a clearance against the same limits as an eGFR
_FROM = "question"  # of what no chart holds


def warned(
    facts: PatientFacts | None, values: Sequence[Stated], proposed: Sequence[Statement | str], *, on: date
) -> tuple[PatientWarning, ...]:
    """What the chart warns of, and what the question's own values warn of beside it; the gravest first."""
    of_chart = warnings_for(facts, proposed, on=on) if facts is not None else ()
    known = with_stated(facts, values, on=on)
    if known is None or known is facts:
        return of_chart
    texts = {warning.text for warning in of_chart}
    more = [warning for warning in warnings_for(known, proposed, on=on) if warning.text not in texts]
    return tuple(sorted((*of_chart, *more), key=lambda warning: warning.severity != "stop"))


def with_stated(facts: PatientFacts | None, values: Sequence[Stated], *, on: date) -> PatientFacts | None:
    """What is known with what the question states; None when there is neither."""
    told = [v for v in values if v.measure in _CHARTED and v.quantity.comparator == "="]
    age = next((int(v.quantity.raw[0]) for v in values if v.measure == "age"), None)
    if not told and (age is None or facts is not None):
        return facts
    taken = datetime.combine(on, time.max, UTC)
    observations = tuple(
        Observation(
            f"{_FROM}:{v.measure}",
            v.called if v.measure == "kidney" and v.called else _CHARTED[v.measure],
            _KIDNEY if v.measure == "kidney" else (),
            Source(_FROM),
            value=v.quantity.raw[0],
            taken=taken,
        )
        for v in told
    )
    if facts is not None:
        return replace(facts, observations=(*facts.observations, *observations))
    birth = date(on.year - age, 1, 1) if age is not None and age < on.year else None
    # A question is no chart: that it names no allergy leaves nothing to ask about.
    return PatientFacts("", None, birth, "unknown", None, observations=observations, allergies_known="listed")
