"""Embedding on Ray's workers: the same index as without it. Ray runs in a process of its own, which ends with it."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from knowledge.embedding import open_embedder
from knowledge.spreading import Reader
from tests.knowledge.library import TEXTS

pytest.importorskip("ray")
CDS = [sys.executable, "-c", "from api.cli import main; main()"]


def generation_of(data: Path, library: Path, *options: str) -> str:
    """The index that loading this library into an empty folder makes."""
    environment = {**os.environ, "CDS_DATA": str(data), "CDS_MODEL": "none"}
    for command in (
        ["ingest", "guidelines", str(library), "--publish", "--json", *options],
        ["library", "check", "--json"],
    ):
        ran = subprocess.run([*CDS, *command], env=environment, capture_output=True, timeout=240, check=False)
        assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    generation: str = orjson.loads(ran.stdout)["index"]["generation"]
    return generation


@pytest.mark.ray
def test_a_library_embedded_by_workers_has_the_same_index(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    for name, (title, sections) in TEXTS.items():
        text = "\n\n".join(f"## {heading}\n\n{body}" for heading, body in sections)
        (library / f"{name}.md").write_text(f"# {title}\n\n{text}\n", encoding="utf-8")
    assert generation_of(tmp_path / "spread", library, "--spread") == generation_of(tmp_path / "here", library)


def test_a_worker_with_another_embedder_is_refused() -> None:
    embedder = open_embedder("default")
    with pytest.raises(Exception, match="another one"):
        Reader(str(embedder.folder), "0" * 64)
