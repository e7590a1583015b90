"""The unit that follows a number: mg, mg/kg, mL/min/1.73 m², international units, per cent."""

from cds.wording.text import Token
from cds.wording.units import SHORT, compose, unit

_PER = frozenset({"/", "per", "each"})


def unit_at(found: tuple[Token, ...], at: int) -> tuple[tuple[str, float] | None, int]:
    """The unit that starts here, and where it ends."""
    start = at
    if at + 1 < len(found) and found[at].text == "-" and found[at].start == found[at - 1].end:
        at += 1
    if at + 1 < len(found) and found[at].text in ("/", "a", "per") and found[at - 1].kind == "number":
        below = _name(found, at + 1)
        size = unit(below[0]) if below else None
        timed = below is not None and below[0] in ("min", "minute", "hour", "h")
        if below and size and (timed or (size[0] == "volume" and found[at].text == "/")):  # 150 x 10^9/L, 25 a minute
            return compose(("", 1.0), [size]), below[1]
    name = _name(found, at)
    if name is None:
        return None, start
    word, at = name
    over = unit(word)
    if over is None:
        return None, start
    if (
        word in SHORT
        and len(word) == 1
        and at - 2 >= 0
        and word in ("m", "s", "d", "y", "j", "u")
        and found[at - 2].kind == "word"
    ):
        return None, start  # "five m"
    under: list[tuple[str, float]] = []
    while at + 1 < len(found) and (
        found[at].text in _PER
        or (found[at].text in ("a", "an") and found[at + 1].text in ("day", "week", "month", "year", "hour", "minute"))
    ):
        position = at + 1
        if found[position].text == "1.73":
            position += 1
            area = _name(found, position)
            if area and unit(area[0]) in (("area", 1.0), ("length", 1.0)):
                at = area[1] + (1 if area[1] < len(found) and found[area[1]].text == "2" else 0)
                continue
            break
        below = _name(found, position)
        size = unit(below[0]) if below else None
        if below is None or size is None:
            break
        under.append(size)
        at = below[1]
    if len(under) == 0 and over[0] == "days" and found[at - 1].text in ("second",):
        return None, start
    return compose(over, under), at


def _name(found: tuple[Token, ...], at: int) -> tuple[str, int] | None:
    if at >= len(found):
        return None
    word = found[at].text
    two = f"{word}{found[at + 1].text}" if at + 1 < len(found) else ""
    if two in ("mmhg", "percent", "cmh2o", "m2", "mm3", "cm2") and not (
        two == "m2" and found[at + 1].start - found[at].end > 0
    ):
        return two, at + 2
    if two in ("percent",) or (word == "per" and at + 1 < len(found) and found[at + 1].text == "cent"):
        return "percent", at + 2
    if word == "international" and at + 1 < len(found) and found[at + 1].text in ("unit", "units"):
        return "units", at + 2
    if (
        word
        in (
            "standard",
            "calendar",
            "completed",
            "consecutive",
            "oral",
            "single",
            "further",
            "more",
            "whole",
            "full",
            "divided",
        )
        and at + 1 < len(found)
        and unit(found[at + 1].text)
    ):
        return found[at + 1].text, at + 2
    return word, at + 1
