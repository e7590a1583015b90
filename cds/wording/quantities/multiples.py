"""Doubled, halved, threefold."""

from cds.wording.quantities.quantity import Quantity
from cds.wording.text import Token

_MULTIPLES = {
    "halve": 0.5,
    "halves": 0.5,
    "halved": 0.5,
    "halving": 0.5,
    "doubles": 2.0,
    "doubled": 2.0,
    "doubling": 2.0,
    "twofold": 2.0,
    "triples": 3.0,
    "tripled": 3.0,
    "threefold": 3.0,
    "quadrupled": 4.0,
    "tenfold": 10.0,
}


def multiples_in(found: tuple[Token, ...]) -> list[Quantity]:
    """The multiples of a sentence; below one they are shares."""
    made = []
    for index, token in enumerate(found):
        if token.text in _MULTIPLES:
            value = _MULTIPLES[token.text]
            dimension = "share" if value < 1 else "times"
            made.append(Quantity(value, value, "=", dimension, (value,), index, index, decimals=3))
    return made
