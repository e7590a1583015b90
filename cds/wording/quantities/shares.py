"""8 in 100, 1 out of 20, and of 100 adults 8: the same as a percentage."""

from dataclasses import replace

from cds.wording.numerals import Number
from cds.wording.quantities.quantity import Quantity
from cds.wording.text import Token, word_set
from cds.wording.units import SHORT, unit

PEOPLE = word_set("people adults patients women men children persons babies births cases such others pregnancies")
ROUND = frozenset({10.0, 20.0, 50.0, 100.0, 200.0, 1000.0, 10000.0, 100000.0})


def share_of(found: tuple[Token, ...], part: Number, whole: Number, between: list[str]) -> Quantity | None:
    """8 in 100, 1 out of 20, 3 per 1000: the same as a percentage."""
    words = [
        w
        for w in between
        if w
        not in (
            "people",
            "patients",
            "women",
            "men",
            "cases",
            "children",
            "adults",
            "births",
            "persons",
            "of",
            "about",
            "every",
            "each",
        )
    ]
    round_whole = whole.value in ROUND
    if len(words) == 2 and words[1] == "per" and words[0].isalpha():
        words = words[1:]  # 34 falls per 100 person-years
    if (
        words not in (["in"], ["out"], ["per"], ["for"])
        and not (not words and between and round_whole)
        and not (between == ["/"] and whole.value in (100, 1000, 10000, 100000))
    ):
        return None
    after = found[whole.last + 1].text if whole.last + 1 < len(found) else ""
    if part.value > whole.value or whole.value < 2 or (unit(after) and after not in SHORT) or part.decimals > 1:
        return None
    if words == ["in"] and whole.value >= 1800 and whole.value <= 2100 and whole.value != 2000:
        return None  # 12 in 2019 is a year
    dimension = "share"
    if after in ("person", "patient") and "year" in " ".join(t.text for t in found[whole.last + 1 : whole.last + 5]):
        dimension = "share/months"
    value = part.value / whole.value
    return Quantity(value, value, "=", dimension, (part.value, whole.value), part.first, whole.last, decimals=3)


def of_hundred(made: list[Quantity], found: tuple[Token, ...]) -> list[Quantity]:
    """Of 100 adults who ..., about 10 ... and 25 ...: each is a share of the hundred."""
    whole = next((q for q in made if not q.dimension and q.low in ROUND and _heads(found, q)), None)
    if whole is None:
        return made
    shares = []
    for q in made:
        after = found[q.last + 1].text if q.last + 1 < len(found) else ""
        part = (
            not q.dimension
            and q.first > whole.last
            and q.low <= whole.low
            and q.comparator == "="
            and after not in PEOPLE
        )
        value = q.low / whole.low
        shares.append(
            replace(q, low=value, high=value, dimension="share", raw=(*q.raw, whole.low), decimals=3) if part else q
        )
    return shares


def _heads(found: tuple[Token, ...], whole: Quantity) -> bool:
    before = found[whole.first - 1].text if whole.first else ""
    after = {token.text for token in found[whole.last + 1 : whole.last + 3]}
    return before in ("of", "among", "for", "every") and bool(after & (PEOPLE | {"who", "such"}))
