"""A small chart of one result over time, as the numbers of an SVG."""

from dataclasses import dataclass

from api.patient_summary import KeyResult

WIDTH, HEIGHT = 160, 36
# Room for the last point's dot.
_MARGIN = 4


@dataclass(frozen=True, slots=True)
class Chart:
    """Points of a line, the last one's place, and the band of the reference range, if it is within view."""

    line: str
    last: tuple[float, float]
    band: tuple[float, float] | None  # top and height
    words: str


def chart(result: KeyResult) -> Chart | None:
    """The chart of a result measured at least twice; time runs to scale."""
    points = result.points
    if len(points) < 2:
        return None
    times = [point.taken.timestamp() for point in points]
    values = [point.value for point in points]
    low, high = min(values), max(values)
    span, room = (high - low) or 1.0, (times[-1] - times[0]) or 1.0
    across = [_MARGIN + (WIDTH - 2 * _MARGIN) * (time - times[0]) / room for time in times]
    down = [_MARGIN + (HEIGHT - 2 * _MARGIN) * (high - value) / span if high > low else HEIGHT / 2 for value in values]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))
    words = f"{result.name}: {len(points)} values from {values[0]:g} to {values[-1]:g}, between {low:g} and {high:g}"
    return Chart(line=line, last=(round(across[-1], 1), round(down[-1], 1)), band=_band(result, low, high), words=words)


def _band(result: KeyResult, low: float, high: float) -> tuple[float, float] | None:
    if result.low is None and result.high is None:
        return None
    span = (high - low) or 1.0
    bottom = min(max(result.low if result.low is not None else low, low), high)
    top = max(min(result.high if result.high is not None else high, high), low)
    if top <= bottom:
        return None
    scale = HEIGHT - 2 * _MARGIN
    start = _MARGIN + scale * (high - top) / span
    return round(start, 1), round(scale * (top - bottom) / span, 1)
