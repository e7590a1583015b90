"""The safety case holds: every hazard and threat has controls, every control tests that are in the suite."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SAFETY = ROOT / "docs" / "safety"
# Up to the first a remaining risk is accepted, up to the second with a reason stated.
ACCEPTED, WITH_A_REASON = 5, 9
STRIDE = {
    "spoofing",
    "tampering",
    "repudiation",
    "information_disclosure",
    "denial_of_service",
    "elevation_of_privilege",
}
OWASP = {f"LLM{number:02}" for number in range(1, 11)}


def read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((SAFETY / name).read_text(encoding="utf-8"))
    return found


HAZARDS, THREATS = read("hazards.yaml"), read("threats.yaml")
EVERYTHING = [pytest.param(one, id=one["id"]) for one in (*HAZARDS, *THREATS)]


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def risk(one: dict[str, Any], when: str) -> int:
    return int(one[when]["severity"]) * int(one[when]["likelihood"])


@pytest.mark.parametrize("one", EVERYTHING)
def test_every_control_is_shown_by_tests_of_the_suite(one: dict[str, Any]) -> None:
    assert one["controls"]
    for control in one["controls"]:
        assert control["tests"], control["what"]
        for named in control["tests"]:
            file, _, name = named.partition("::")
            assert name in names_in(ROOT / file), f"there is no test {named}"


@pytest.mark.parametrize("one", EVERYTHING)
def test_the_remaining_risk_is_accepted_and_no_higher_than_before(one: dict[str, Any]) -> None:
    for when in ("before", "after"):
        assert set(one[when].values()) <= {1, 2, 3, 4, 5}
    left = risk(one, "after")
    assert left <= risk(one, "before")
    assert left <= ACCEPTED or (left <= WITH_A_REASON and one.get("accepted_because"))
    assert one["after"]["severity"] == one["before"]["severity"], "a control changes how often, not how bad"


def test_hazards_say_what_causes_them_and_what_they_do() -> None:
    assert all(one["hazard"] and one["causes"] and one["effect"] for one in HAZARDS)
    names = [one["id"] for one in (*HAZARDS, *THREATS)]
    assert len(names) == len(set(names))


def test_all_of_stride_and_of_owasps_ten_are_spoken_to() -> None:
    kinds = {kind for one in THREATS for kind in one["kinds"]}
    assert kinds == STRIDE | OWASP
