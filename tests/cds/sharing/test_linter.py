"""One grid that meets the whole standard, and for each item one that lacks just that."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from cds.recommendation import Citation
from cds.sharing.grid import ASPECTS, TOPICS, Cell, Grid, Line, Option, Share
from cds.sharing.linter import ITEMS, hard_to_read, lint


def cited(name: str, **more: object) -> Line:
    citation = Citation("p1", (1,), name, "doc", "A guideline", "2024", ("Choice",), 3, published=date(2024, 3, 1))
    line = Line(name, f"What is said here about {name}.", citation, certainty="moderate")
    return replace(line, **more)  # type: ignore[arg-type]


def option(name: str, *, nothing: bool = False) -> Option:
    lines = {aspect: (cited(f"{name} {aspect}"),) for aspect in ASPECTS}
    for aspect in ("benefits", "harms"):
        lines[aspect] = (cited(f"{name} {aspect}", shares=(Share(5, 100, "have a stroke"),)),)  # type: ignore[index]
    return Option(name, name, tuple(Cell(aspect, said) for aspect, said in lines.items()), nothing=nothing)


COMPLETE = Grid(
    (option("waiting", nothing=True), option("tablet")),
    tuple(Line(name, f"Something about {name}.", by="physician") for name in TOPICS),
    "test",
    date(2026, 11, 21),
)


def emptied(grid: Grid, aspect: str) -> Grid:
    tablet = grid.option("tablet")
    return grid.with_option(tablet.with_cell(replace(tablet.cell(aspect), lines=())))


def lines_changed(grid: Grid, change: Callable[[Line], Line]) -> Grid:
    for known in grid.options:
        for cell in known.cells:
            known = known.with_cell(replace(cell, lines=tuple(map(change, cell.lines))))
        grid = grid.with_option(known)
    return grid


def without_date(line: Line) -> Line:
    assert line.citation is not None
    return replace(line, citation=replace(line.citation, published=None, version=None))


LACKING: dict[str, Callable[[Grid], Grid]] = {
    **{name: (lambda grid, name=name: grid.with_topic(Line(name, ""))) for name in TOPICS},  # type: ignore[misc]
    "options": lambda grid: grid.with_option(replace(grid.option("waiting"), nothing=False)),
    "benefits": lambda grid: emptied(grid, "benefits"),
    "harms": lambda grid: emptied(grid, "harms"),
    "experience": lambda grid: emptied(emptied(grid, "like"), "asks"),
    "equal_detail": lambda grid: grid.with_option(
        replace(
            grid.option("tablet"),
            cells=tuple(
                replace(cell, lines=tuple(replace(line, text=line.text * 9) for line in cell.lines))
                for cell in grid.option("tablet").cells
            ),
        )
    ),
    "citations": lambda grid: lines_changed(grid, lambda line: replace(line, by="physician")),
    "date": lambda grid: lines_changed(grid, without_date),
    "uncertainty": lambda grid: lines_changed(grid, lambda line: replace(line, certainty=None)),
}


def test_a_complete_grid_passes() -> None:
    assert lint(COMPLETE) == ()


def test_the_standard_has_six_qualifying_six_certifying_and_four_for_tests() -> None:
    levels = [item.level for item in ITEMS]
    assert [levels.count(level) for level in ("qualifying", "certifying", "test")] == [6, 6, 4]
    assert {item.name for item in ITEMS} == set(LACKING)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.name)
def test_what_is_missing_is_found(item: object) -> None:
    name: str = item.name  # type: ignore[attr-defined]
    assert name in [finding.item for finding in lint(LACKING[name](COMPLETE))]


@pytest.mark.parametrize("name", [name for name in LACKING if name not in ("benefits", "harms")])
def test_nothing_else_is_found(name: str) -> None:
    assert [finding.item for finding in lint(LACKING[name](COMPLETE))] == [name]


def test_a_grid_that_does_not_say_when_it_was_made_is_undated() -> None:
    assert [finding.item for finding in lint(replace(COMPLETE, made_on=None))] == ["date"]


def test_what_is_asked_of_tests_is_not_asked_of_treatments() -> None:
    treatment = replace(COMPLETE, kind="treatment", topics=tuple(t for t in COMPLETE.topics if t.id != "measures"))
    assert lint(treatment) == ()


def test_an_empty_grid_meets_nothing() -> None:
    assert len(lint(Grid())) == 12


def test_a_line_that_reads_above_grade_eight_is_named() -> None:
    hard = "Anticoagulation substantially reduces thromboembolic complications in individuals with arrhythmia."
    grid = lines_changed(COMPLETE, lambda line: replace(line, text=hard if line.id == "tablet harms" else line.text))
    assert "tablet harms" in hard_to_read(grid)
