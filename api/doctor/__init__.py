"""Looks at an installation part by part and says of each what is wrong and what to do; changes nothing."""

from collections.abc import Callable, Iterator
from typing import Any

from api.doctor.finding import Finding, bad
from api.doctor.machine import clock, disk, egress, memory, permissions, versions
from api.doctor.parts import accounts, index, library, model
from api.doctor.record import backup, checkpoints, database, log
from api.services import Services
from cds.errors import CdsError

# What each look is called, in the order in which a fault in one explains those after it.
CHECKS: dict[str, Callable[[Services], Iterator[Finding]]] = {
    "versions": versions,
    "permissions": permissions,
    "disk": disk,
    "memory": memory,
    "database": database,
    "clock": clock,
    "log": log,
    "checkpoints": checkpoints,
    "backup": backup,
    "accounts": accounts,
    "library": library,
    "index": index,
    "model": model,
    "egress": egress,
}
# Without these there is nothing for the others to look at.
_NEEDED = ("versions", "permissions", "database")


def examine(services: Services, *, on_check: Callable[[str], None] = lambda name: None) -> list[tuple[str, Finding]]:
    """Every check's findings; after a needed part that fails, those that need it are not tried."""
    found: list[tuple[str, Finding]] = []
    for name, look in CHECKS.items():
        on_check(name)
        try:
            found += [(name, finding) for finding in look(services)]
        except CdsError as error:
            found.append((name, bad(error.message, code=error.code)))
        except Exception as error:  # a check that fails is a finding, never the end of the examination
            found.append((name, bad(f"This could not be looked at: {type(error).__name__}.", code="check_failed")))
        if name in _NEEDED and any(of == name and finding.state == "bad" for of, finding in found):
            break
    return found


def to_json(found: list[tuple[str, Finding]]) -> dict[str, Any]:
    """The examination as one document."""
    return {
        "ok": all(finding.state != "bad" for _, finding in found),
        "findings": [
            {"part": name, "state": one.state, "code": one.code, "text": one.text, "do": one.do} for name, one in found
        ],
    }
