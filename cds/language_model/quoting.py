"""No model at all: the answer is the best sentences that were found, word for word."""

from collections.abc import Sequence

from cds.offer import Offered

# As many sentences as a physician reads at a glance.
MOST = 3
# A sentence is quoted beside the best one when it fits the question nearly as well.
_NEARLY = 0.9


def best_sentences(offered: Sequence[Offered], *, most: int = MOST) -> tuple[Offered, ...]:
    """The few sentences to quote, best first; `offered` comes in that order."""
    if not offered:
        return ()
    chosen: list[Offered] = []
    said: set[str] = set()
    for one in offered:
        text = " ".join(one.sentence.text.lower().split())
        if one.score < _NEARLY * offered[0].score or len(chosen) == most:
            break
        if text not in said:
            said.add(text)
            chosen.append(one)
    return tuple(chosen)
