"""A model that fails is left alone; those who ask at once take turns in the order they came."""

import threading
from typing import Any

import pytest

from cds.errors import Unavailable
from cds.language_model import Draft, ModelIdentity
from cds.language_model.guarded import Guarded


class Flaky:
    """A model that fails as often as it is told."""

    identity = ModelIdentity("flaky", "0" * 64, "test", "draft", 2048)

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.asked = 0

    def complete(self, **asked: Any) -> Draft:
        self.asked += 1
        if self.asked <= self.failures:
            raise Unavailable("no", code="model_failed")
        return Draft("{}", 1, 1, 0.0)


def ask(model: Guarded, **more: Any) -> Draft:
    return model.complete(
        **{"system": "s", "user": "u", "schema": {}, "max_tokens": 1, "seconds": 5, "cancelled": lambda: False, **more}
    )


def test_after_three_failures_it_is_left_alone_for_a_minute() -> None:
    now = [0.0]
    flaky = Flaky(3)
    model = Guarded(flaky, at_once=1, now=lambda: now[0])
    for _ in range(3):
        with pytest.raises(Unavailable):
            ask(model)
    with pytest.raises(Unavailable) as refused:
        ask(model)
    assert (refused.value.code, flaky.asked) == ("model_resting", 3)
    now[0] = 61.0
    assert ask(model).text == "{}"


def test_a_success_forgets_earlier_failures() -> None:
    flaky = Flaky(2)
    model = Guarded(flaky, at_once=1)
    for _ in range(2):
        with pytest.raises(Unavailable):
            ask(model)
    ask(model)
    flaky.asked = 0
    for _ in range(2):
        with pytest.raises(Unavailable):
            ask(model)
    assert not model.resting


def test_a_question_that_finds_no_room_in_time_is_refused_as_busy() -> None:
    entered, leave = threading.Event(), threading.Event()

    class Slow(Flaky):
        def complete(self, **asked: Any) -> Draft:
            entered.set()
            leave.wait(10)
            return Draft("{}", 1, 1, 0.0)

    model = Guarded(Slow(0), at_once=1)
    first = threading.Thread(target=lambda: ask(model))
    first.start()
    entered.wait(10)
    with pytest.raises(Unavailable) as refused:
        ask(model, seconds=0.1)
    assert refused.value.code == "model_busy"
    with pytest.raises(Unavailable) as stopped:
        ask(model, cancelled=lambda: True)
    assert stopped.value.code == "cancelled"
    leave.set()
    first.join()
    assert ask(model).text == "{}"


def test_questions_are_taken_in_the_order_they_came() -> None:
    taken: list[str] = []
    entered, leave = threading.Event(), threading.Event()

    class Noting(Flaky):
        def complete(self, **asked: Any) -> Draft:
            taken.append(asked["user"])
            entered.set()
            leave.wait(10)
            return Draft("{}", 1, 1, 0.0)

    model = Guarded(Noting(0), at_once=1)
    threads = []
    for number, user in enumerate("abcd"):
        threads.append(threading.Thread(target=ask, args=(model,), kwargs={"user": user}))
        threads[-1].start()
        entered.wait(10)
        while len(model._line._waiting) < number:  # the one before stands in line
            pass
    leave.set()
    for thread in threads:
        thread.join(10)
    assert taken == ["a", "b", "c", "d"]


def test_who_is_cancelled_in_line_lets_the_next_pass() -> None:
    entered, leave, stopped = threading.Event(), threading.Event(), threading.Event()

    class Slow(Flaky):
        def complete(self, **asked: Any) -> Draft:
            entered.set()
            leave.wait(10)
            return Draft("{}", 1, 1, 0.0)

    model = Guarded(Slow(0), at_once=1)
    first = threading.Thread(target=lambda: ask(model))
    first.start()
    entered.wait(10)
    codes: list[str] = []

    def wait_and_stop() -> None:
        try:
            ask(model, cancelled=stopped.is_set)
        except Unavailable as error:
            codes.append(error.code)

    second = threading.Thread(target=wait_and_stop)
    second.start()
    stopped.set()
    second.join(10)
    assert codes == ["cancelled"]
    leave.set()
    first.join(10)
    assert ask(model).text == "{}"
