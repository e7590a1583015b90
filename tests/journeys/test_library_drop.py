"""A folder dropped on the library page: its files are chosen, as if each had been picked."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from cds.actors import Role


def test_a_dropped_folder_becomes_its_files(visit: Callable[..., Page], tmp_path: Path) -> None:
    folder = tmp_path / "antibiotics"
    (folder / "children").mkdir(parents=True)
    for name in ("pneumonia.md", "pneumonia.yaml", "children/cough.md", ".hidden.md"):
        (folder / name).write_text("# Advice")
    page = visit(Role.LIBRARIAN)
    page.goto("/library")
    area = page.locator("[data-drop]").bounding_box()
    assert area is not None
    place = {"x": area["x"] + 20, "y": area["y"] + 20}
    # As the browser tells a page of files that come from outside it.
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    outside = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        outside.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})
    chosen = page.locator("[data-drop] input[type=file]")
    expect(chosen).to_be_focused()
    names = chosen.evaluate("input => Array.from(input.files, file => file.name).sort()")
    assert names == ["cough.md", "pneumonia.md", "pneumonia.yaml"]
