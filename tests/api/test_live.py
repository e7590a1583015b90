"""Who waits for the model is told how many are before them."""

from api.live import LiveConsult, Place, ReadingLine


class Listener(LiveConsult):
    """A consult whose listener keeps what it was told."""

    def __init__(self) -> None:
        self.ahead = 0
        self.places: list[int] = []

    def tell(self, event: object) -> None:
        assert isinstance(event, Place)
        self.places.append(event.ahead)


def test_each_is_told_its_place_when_it_changes() -> None:
    line = ReadingLine(lambda: 1)
    first, second, third = Listener(), Listener(), Listener()
    for one in (first, second, third):
        line.join(one)
    line.leave(second)  # gave up
    line.leave(first)
    assert (first.places, second.places, third.places) == ([], [1], [2, 1, 0])


def test_nobody_waits_where_the_model_takes_them_all_or_there_is_none() -> None:
    for slots in (0, 2):
        line = ReadingLine(lambda slots=slots: slots)  # type: ignore[misc]
        both = Listener(), Listener()
        for one in both:
            line.join(one)
        assert [one.places for one in both] == [[], []]
