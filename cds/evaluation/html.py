"""The same figures as a page that opens anywhere: tables, one plot, no script and nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from cds.evaluation.answers import Row

_STYLE = """
:root { color-scheme: light dark; --line: #8888; --strong: #0b6; --weak: #c33; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { text-align: left; padding: .25rem .75rem; }
tr { border-bottom: 1px solid var(--line); } td.wrong { color: var(--weak); font-weight: 600; }
svg { max-width: 40rem; width: 100%; } svg text { font-size: 12px; fill: currentColor; }
"""
_WIDTH, _HEIGHT, _EDGE = 640, 320, 44
_LABELS = {
    "answered_or_quoted": "Answerable questions answered or quoted",
    "abstention": "Unanswerable questions met with silence",
    "right_document": "Right document cited",
    "right_passage": "Right passage cited",
    "groundedness": "Shown statements borne out by their quotes",
}


def page(figures: Mapping[str, Any], rows: Sequence[Row], *, title: str) -> str:
    """One page: the shares, the speed, the curve, and every question that went wrong."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f"<h1>{escape(title)}</h1>{_shares(figures)}{_speed(figures)}{_curve(figures)}{_probe(figures)}{_wrong(rows)}</html>"
    )


def _shares(figures: Mapping[str, Any]) -> str:
    lines = "".join(f"<tr><th>{label}<td>{_percent(figures[key])}" for key, label in _LABELS.items())
    counts = ", ".join(f"{number} {escape(status)}" for status, number in figures["status"].items())
    held = figures["withheld"]
    lines += f"<tr><th>Statements withheld by the checks<td>{held['statements']} ({_percent(held['share'])})"
    return f"<table>{lines}</table><p>{counts}.</p>"


def _speed(figures: Mapping[str, Any]) -> str:
    lines = ""
    for key, label in (
        ("seconds", "Whole answer"),
        ("model_seconds", "The model"),
        ("without_model_seconds", "All else"),
    ):
        if figures[key]:
            lines += f"<tr><th>{label}<td>{figures[key]['p50']} s<td>{figures[key]['p95']} s"
    return f"<h2>Speed</h2><table><tr><th><th>half within<th>95 in 100 within</tr>{lines}</table>"


def _curve(figures: Mapping[str, Any]) -> str:
    """Risk against coverage, with its upper bound, and the risk that is allowed."""
    points, chosen = figures["curve"], figures["threshold"]
    if not points:
        return ""
    top: float = max(0.1, *(point["bound"] for point in points), chosen["alpha"]) * 1.1

    def x(value: float) -> float:
        return _EDGE + value * (_WIDTH - 2 * _EDGE)

    def y(value: float) -> float:
        return _HEIGHT - _EDGE - value / top * (_HEIGHT - 2 * _EDGE)

    def line(key: str, style: str) -> str:
        path = " ".join(f"{x(point['coverage']):.1f},{y(point[key]):.1f}" for point in points)
        return f'<polyline points="{path}" fill="none" {style}/>'

    marks = "".join(
        f'<text x="{x(share):.0f}" y="{_HEIGHT - 20}" text-anchor="middle">{share:.0%}</text>'
        for share in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    marks += "".join(f'<text x="4" y="{y(top * part):.0f}">{top * part:.0%}</text>' for part in (0.0, 0.5, 0.9))
    allowed = f'<line x1="{x(0)}" x2="{x(1)}" y1="{y(chosen["alpha"]):.1f}" y2="{y(chosen["alpha"]):.1f}" '
    allowed += 'stroke="currentColor" stroke-dasharray="4 4"/>'
    words = (
        f"With a threshold of {chosen['threshold']:.2f}, {_percent(chosen['coverage'])} of questions get an answer. "
        f"With {1 - chosen['delta']:.0%} confidence at most {_percent(chosen['bound'])} of all questions get a wrong "
        f"one (allowed: {chosen['alpha']:.0%})."
    )
    drawn = (
        line("risk", 'stroke="var(--strong)" stroke-width="2"')
        + line("bound", 'stroke="var(--weak)" stroke-dasharray="2 3"')
        + allowed
        + marks
        + f'<text x="{_WIDTH / 2}" y="{_HEIGHT - 4}" text-anchor="middle">questions answered</text>'
        + f'<text x="{_EDGE}" y="14">questions answered wrongly (solid), with its upper bound (dotted)</text>'
    )
    label = escape(words, quote=True)
    return (
        f"<h2>How much may be answered</h2><p>{escape(words)}</p>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{drawn}</svg>'
    )


def _probe(figures: Mapping[str, Any]) -> str:
    """What held when one thing was changed; nothing when that was not asked."""
    found = figures.get("probe")
    if not found:
        return ""
    lines = "".join(
        f"<tr><th>{escape(one['name'])}<td>{_percent(one['held'] / one['tried'] if one['tried'] else None)}"
        f"<td>of {one['tried']}"
        for one in found
    )
    return f"<h2>With one thing changed</h2><table>{lines}</table>"


def _wrong(rows: Sequence[Row]) -> str:
    lines = ""
    for row in rows:
        silent = row.expected == "answerable" and not row.is_shown
        if not (row.wrong or silent or row.right_passage is False):
            continue
        what = "no answer" if silent else "answered" if row.expected == "unanswerable" else "another passage"
        first = row.statements[0]["text"] if row.statements else ""
        lines += f'<tr><td>{escape(row.question)}<td class="wrong">{what}<td>{row.confidence:.2f}<td>{escape(first)}'
    return (
        f"<h2>What went wrong</h2><table><tr><th>Question<th>What<th>Confidence<th>First statement</tr>{lines}</table>"
    )


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{value:.1%}"
