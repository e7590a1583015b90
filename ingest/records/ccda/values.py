"""Values, amounts and frequencies of C-CDA entries."""

from typing import Any

from ingest.records.ccda.elements import Element, codes, number, one_of, referenced, type_of, value_of, words
from ingest.records.dates import read_moment


def result(value: Element | None) -> dict[str, Any]:
    if value is None:
        return {}
    kind = type_of(value)
    if (flavour := value.get("nullFlavor")) and kind not in ("CD", "CE", "CO", "ED", "ST"):
        return {"absent": flavour}
    if kind in ("PQ", "INT", "REAL", "MO"):
        unit = value.get("unit")
        return {"value": number(value.get("value")), "unit": None if unit in (None, "1") else unit}
    if kind == "IVL_PQ":
        return _span(value)
    if kind in ("CD", "CE", "CO", "CV", "CS"):
        said = words(value) or referenced(value) or value.get("code")
        return {"answer": said, "answer_codes": codes(value), "absent": None if said else value.get("nullFlavor")}
    if kind == "BL":
        return {"answer": value.get("value")}
    if kind == "TS":
        found = read_moment(value.get("value"))
        return {"answer": found.isoformat() if found else None}
    said = referenced(value) or value.get("value")
    if said is None:
        return {"absent": value.get("nullFlavor")}
    return {"answer": said}


def _span(value: Element) -> dict[str, Any]:
    """A value with one open end is a comparison; one with two ends is said in words."""
    low, high = (number(value_of(value, f"h:{end}")) for end in ("low", "high"))
    units = [value_of(value, f"h:{end}", "unit") for end in ("low", "high")]
    unit = next((one for one in units if one and one != "1"), None)
    if low is not None and high is not None:
        return {"answer": f"{low:g} to {high:g} {unit or ''}".strip()}
    if low is not None:
        closed = value_of(value, "h:low", "inclusive") != "false"
        return {"value": low, "unit": unit, "comparator": ">=" if closed else ">"}
    if high is not None:
        closed = value_of(value, "h:high", "inclusive") != "false"
        return {"value": high, "unit": unit, "comparator": "<=" if closed else "<"}
    return {"absent": value.get("nullFlavor")}


def frequency(spans: list[Element]) -> str | None:
    for one in spans:
        period = one_of(one, "h:period")
        if period is not None and (amount := number(period.get("value"))) is not None:
            unit = _UNITS.get(period.get("unit") or "", period.get("unit") or "")
            return f"every {amount:g} {unit}{'s' if amount != 1 else ''}" if amount != 1 else f"every {unit}"
        if type_of(one) == "EIVL_TS" and (event := value_of(one, "h:event", "code")):
            return event
    return None


_UNITS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}


def amount(quantity: Element | None) -> str | None:
    value = number(None if quantity is None else quantity.get("value"))
    if quantity is None or value is None:
        low = number(value_of(quantity, "h:low"))
        return None if low is None else f"{low:g} {value_of(quantity, 'h:low', 'unit') or ''}".strip()
    unit = quantity.get("unit") or ""
    return f"{value:g} {'' if unit == '1' else unit}".strip()
