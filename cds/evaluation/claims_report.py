"""The figures of the checks as a page that opens anywhere: tables, one plot, no script and nothing from elsewhere."""

from collections.abc import Mapping
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #8888; --strong: #0a7d4f; --weak: #b3261e; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; } th, td { text-align: right; padding: .25rem .75rem; }
th:first-child { text-align: left; } tr { border-bottom: 1px solid var(--line); }
svg { width: 100%; height: auto; } svg text { font-size: 13px; fill: currentColor; }
@media (prefers-color-scheme: dark) { :root { --strong: #4fd39b; --weak: #ff8a80; } }
"""
_ROW, _LEFT, _WIDTH = 26, 120, 640


def claims_page(figures: Mapping[str, Mapping[str, Any]], *, title: str) -> str:
    """One page of sets of claims: `figures` holds for each set the checks and, beside them, the words alone."""
    parts = [_part(name, both["checks"], both["words"]) for name, both in figures.items()]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f"<h1>{escape(title)}</h1><p>False claims are made by rule of true ones, one thing changed in each. Beside the "
        "checks stands what is left when only shared words are counted; with no check at all nothing is blocked.</p>"
        f"{''.join(parts)}</html>"
    )


def _part(name: str, checks: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    return f"<h2>{escape(name)}</h2>{_table(checks, words)}{_plot(checks, words)}{_confusion(checks)}"


def _table(checks: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    rows = ""
    for kind, by in checks.get("blocked", {}).items():
        beside = words.get("blocked", {}).get(kind, {}).get("share")
        rows += (
            f"<tr><th>{escape(kind)}<td>{by['made']}<td>{by['blocked']}<td>{by['share']:.1%}"
            f"<td>{by['interval'][0]:.1%} – {by['interval'][1]:.1%}<td>{_percent(beside)}"
        )
    low, high = checks["falsely_blocked_interval"] or (0.0, 0.0)
    true = sum(checks["confusion"]["supported"].values())
    wrong = true - checks["confusion"]["supported"]["supported"]
    rows += (
        f"<tr><th>true, blocked<td>{true}<td>{wrong}<td>{_percent(checks['falsely_blocked'])}"
        f"<td>{low:.1%} – {high:.1%}<td>{_percent(words['falsely_blocked'])}"
    )
    head = "<tr><th>Kind<th>Made<th>Blocked<th>Share<th>95 % interval<th>Words alone"
    return f"<table>{head}{rows}</table>"


def _plot(checks: Mapping[str, Any], words: Mapping[str, Any]) -> str:
    """A bar a kind with its interval, and a mark where words alone would be."""
    kinds = checks.get("blocked", {})
    if not kinds:
        return ""
    height = _ROW * len(kinds) + 24

    def x(share: float) -> float:
        return _LEFT + share * (_WIDTH - _LEFT - 20)

    drawn = ""
    for place, (kind, by) in enumerate(kinds.items()):
        middle = _ROW * place + 14
        beside = words.get("blocked", {}).get(kind, {}).get("share", 0.0)
        low, high = by["interval"]
        width = x(by["share"]) - _LEFT
        drawn += (
            f'<text x="0" y="{middle + 4}">{escape(kind)}</text>'
            f'<rect x="{_LEFT}" y="{middle - 7}" width="{width:.1f}" height="14" fill="var(--strong)"/>'
            f'<line x1="{x(low):.1f}" x2="{x(high):.1f}" y1="{middle}" y2="{middle}" stroke="currentColor" '
            f'stroke-width="2"/><line x1="{x(beside):.1f}" x2="{x(beside):.1f}" y1="{middle - 9}" y2="{middle + 9}" '
            'stroke="var(--weak)" stroke-width="3"/>'
        )
    for share in (0.0, 0.5, 0.9, 1.0):
        drawn += f'<text x="{x(share):.0f}" y="{height - 4}" text-anchor="middle">{share:.0%}</text>'
    label = (
        "Share of false claims blocked by kind, with intervals; the upright mark is the share by shared words alone."
    )
    return f'<p>{label}</p><svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">{drawn}</svg>'


def _confusion(checks: Mapping[str, Any]) -> str:
    labels = list(checks["confusion"])
    rows = "".join(
        f"<tr><th>{escape(label)}" + "".join(f"<td>{checks['confusion'][label][verdict]}" for verdict in labels)
        for label in labels
    )
    times = checks["ms_per_claim"]
    head = "<tr><th>Label, down; verdict, across" + "".join(f"<th>{escape(label)}" for label in labels)
    speed = f"<p>Milliseconds a claim: half within {times['p50']}, 99 of 100 within {times['p99']}.</p>"
    return f"<table>{head}{rows}</table>{speed}"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{share:.1%}"
