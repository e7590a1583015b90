"""What the README shows of searching from Python, run as it stands there."""

import re
from pathlib import Path

import pytest

from api.services import services_from_environment
from tests.knowledge.library import TEXTS, add_published

README = Path(__file__).parents[2] / "README.md"


def test_the_examples_of_the_readme_find_the_passage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CDS_DATA", str(tmp_path))
    services = services_from_environment()
    with services.db.transaction() as tx:
        for name in TEXTS:
            add_published(tx, services.library, name)
    services.builder.rebuild()
    services.close()
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, list[object]] = {}
    exec("\n".join(blocks), found)
    assert found["hits"][0].passage.document.id == "diabetes"  # type: ignore[attr-defined]
    assert [one.id for one in found["documents"]] == [hit.passage.id for hit in found["hits"][:4]]  # type: ignore[attr-defined]
