"""The plan adds up what was measured: more of anything never needs less, and each part has its moment to move."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import api.plan
from api.plan import costs, plan

SIZES = st.integers(0, 3_000_000)


@given(passages=SIZES, patients=SIZES, consults=st.integers(0, 100_000), more=st.integers(1, 100_000))
def test_more_patients_or_questions_never_need_less(passages: int, patients: int, consults: int, more: int) -> None:
    here = plan(passages=passages, patients=patients, consults_per_hour=consults)
    grown = plan(passages=passages, patients=patients + more, consults_per_hour=consults + more)
    assert grown.memory >= here.memory
    assert grown.disk > here.disk
    assert grown.model_slots >= here.model_slots
    assert {move.part for move in here.moves} <= {move.part for move in grown.moves}


@pytest.mark.parametrize(
    ("passages", "consults", "parts"),
    [
        (5_000, 20, []),  # a village clinic
        (20_000, 2_000, ["the model"]),  # a district hospital
        (2_000_000, 100_000, ["the model", "the database", "the vectors"]),  # a region
    ],
)
def test_each_part_moves_when_one_machine_is_too_small(passages: int, consults: int, parts: list[str]) -> None:
    found = plan(passages=passages, patients=10_000, consults_per_hour=consults)
    assert [move.part for move in found.moves] == parts


def test_a_village_clinic_fits_a_small_machine() -> None:
    found = plan(passages=5_000, patients=2_000, consults_per_hour=20)
    assert found.memory < 4e9
    assert found.disk < 10e9
    assert found.model_slots == 1


def test_every_cost_says_how_it_was_measured() -> None:
    content = yaml.safe_load((Path(api.plan.__file__).with_suffix(".yaml")).read_text(encoding="utf-8"))
    assert set(content) == set(costs())
    assert all(one["from"] and one["value"] > 0 for one in map(dict, content.values()))
