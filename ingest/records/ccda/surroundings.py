"""What stands inside an entry and around it: status observations, reactions, the concern it belongs to."""

from typing import Literal

from ingest.records.ccda.elements import Element, all_of, name, one_of, templates, value_of, words


def status_inside(element: Element, template: str) -> Literal["active", "inactive", "resolved"] | None:
    """What the status observation inside an entry says."""
    for one in all_inner(element, template) or [
        one
        for one in all_of(element, "h:entryRelationship/h:observation")
        if value_of(one, "h:code", "code") == "33999-4"
    ]:
        value = one_of(one, "h:value")
        code = None if value is None else value.get("code")
        said = _STATUSES.get(code or "") or _STATUSES.get((words(value) or "").lower())
        if said is not None:
            return said
    return None


_STATUSES: dict[str, Literal["active", "inactive", "resolved"]] = {
    "55561003": "active",
    "73425007": "inactive",
    "90734009": "active",  # chronic
    "7087005": "inactive",  # intermittent
    "255227004": "active",  # recurrent
    "415684004": "inactive",  # ruled out is told by negation; here a vendor's "rule out"
    "410516002": "inactive",
    "413322009": "resolved",
    "421139008": "inactive",
    "active": "active",
    "inactive": "inactive",
    "resolved": "resolved",
    "no longer active": "inactive",
    "completed": "inactive",
}


def inner(element: Element, template: str) -> Element | None:
    return next(iter(all_inner(element, template)), None)


def all_inner(element: Element, template: str) -> list[Element]:
    return [one for one in element.iterfind(".//{urn:hl7-org:v3}observation") if template in templates(one)]


def around(element: Element, tag: str) -> Element | None:
    return next((one for one in element.iterancestors() if name(one) == tag), None)


def bare(code: Element | None) -> str | None:
    return None if code is None else code.get("code")
