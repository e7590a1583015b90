import random

import pytest

from cds.evaluation.threshold import NEVER, Outcome, choose, curve, upper_bound

ALPHA, DELTA = 0.1, 0.1


def drawn(chance: random.Random, count: int) -> list[Outcome]:
    """Questions of a world where the surer answer is wrong less often: at confidence c, in (1 - c) / 2 of cases."""
    found = []
    for _ in range(count):
        confidence = chance.random()
        found.append(Outcome(confidence, chance.random() < (1 - confidence) / 2))
    return found


def true_risk(threshold: float) -> float:
    """In that world: the integral of (1 - c) / 2 from the threshold to 1."""
    return (1 - min(threshold, 1.0)) ** 2 / 4


def test_the_promise_is_kept_in_at_least_one_minus_delta_of_a_thousand_worlds() -> None:
    chance = random.Random(20261121)
    kept = sum(true_risk(choose(drawn(chance, 150), alpha=ALPHA, delta=DELTA).threshold) <= ALPHA for _ in range(1000))
    assert kept >= (1 - DELTA) * 1000


def test_the_promise_does_not_cost_all_answers() -> None:
    chance = random.Random(7)
    coverages = [choose(drawn(chance, 150), alpha=ALPHA, delta=DELTA).coverage for _ in range(100)]
    assert sum(coverages) / 100 > 0.3


def test_few_questions_promise_nothing() -> None:
    choice = choose([Outcome(0.9, wrong=False)] * 5, alpha=0.05, delta=0.05)
    assert (choice.threshold, choice.coverage) == (NEVER, 0.0)


def test_no_questions_promise_nothing() -> None:
    assert choose([], alpha=0.5, delta=0.5).threshold == NEVER


def test_enough_right_answers_open_the_door() -> None:
    choice = choose([Outcome(0.5, wrong=False)] * 100, alpha=0.05, delta=0.05)
    assert (choice.threshold, choice.coverage) == (0.5, 1.0)
    assert choice.bound <= 0.05


def test_the_wrong_ones_below_are_left_out() -> None:
    outcomes = [Outcome(0.8, wrong=False)] * 100 + [Outcome(0.2, wrong=True)] * 100
    assert choose(outcomes, alpha=0.05, delta=0.05).threshold == 0.8


def test_equals_are_not_parted() -> None:
    points = curve([Outcome(0.5, wrong=True), Outcome(0.5, wrong=False), Outcome(0.9, wrong=False)], delta=0.1)
    assert [(point.threshold, point.coverage) for point in points] == [(0.9, 1 / 3), (0.5, 1.0)]


@pytest.mark.parametrize(
    ("wrong", "count", "expected"),
    [(0, 10, 0.2589), (1, 20, 0.2161), (5, 100, 0.1023), (50, 100, 0.5862)],
)
def test_the_bound_is_that_of_clopper_and_pearson(wrong: int, count: int, expected: float) -> None:
    assert upper_bound(wrong, count, delta=0.05) == pytest.approx(expected, abs=2e-3)


def test_all_wrong_is_bounded_by_one() -> None:
    assert upper_bound(3, 3, delta=0.1) == 1.0
