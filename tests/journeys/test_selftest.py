"""The self-test passes on a sound machine, touches nothing of the installation, and fails where a promise is broken."""

from contextlib import closing
from pathlib import Path

import pytest

from api.selftest import CASES
from api.services import services_from_environment
from cds.errors import CdsError
from cds.policy import Policy
from tests.journeys.conftest import Command


def test_ten_cases_pass_and_the_installation_is_untouched(cds: Command, empty_data: Path) -> None:
    ran = cds("selftest", "--json")
    assert [case["name"] for case in ran.json["cases"] if not case["passed"]] == []
    assert (ran.status, ran.json["ok"], len(ran.json["cases"])) == (0, True, 10)
    assert not empty_data.exists()


@pytest.mark.parametrize(
    ("case", "threshold"),
    [("answers from the library, every statement cited", 1.1), ("is silent where the library is", 0.0)],
)
def test_a_case_fails_where_its_promise_is_broken(case: str, threshold: float, data: Path) -> None:
    with closing(services_from_environment()) as services:
        services.policy = Policy((), otherwise=threshold)  # type: ignore[misc]
        with pytest.raises((AssertionError, CdsError)):
            CASES[case](services)
