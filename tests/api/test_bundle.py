"""A bundle holds what a machine without internet needs, states the terms of each part, and shows what was altered."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import yaml

from api.bundle import MANIFEST, closure, write_bundle, write_licences, write_manifest
from api.bundle.library import write_library
from api.services import Services, operator
from cds.clock import FixedClock
from cds.errors import InvalidInput
from cds.settings import Settings
from ingest.pipeline.guidelines import ingest_guidelines
from knowledge.originals import Originals
from tests.conftest import NOW

INSTALLER = Path(__file__).parents[2] / "api" / "bundle" / "install.py"


def test_the_closure_is_what_running_needs_and_nothing_of_the_suite() -> None:
    needed = closure("evidence-cds")
    assert {"fastapi", "faiss-cpu", "torch", "langchain", "sqlalchemy", "starlette"} <= set(needed)
    assert not {"pytest", "mypy", "ruff", "hypothesis", "evidence-cds"} & set(needed)


def test_every_dependency_is_listed_with_its_terms(tmp_path: Path) -> None:
    needed = {name: one for name, one in closure("evidence-cds").items() if name in ("fastapi", "numpy", "pypdfium2")}
    write_licences(needed, tmp_path / "licences")
    lines = (tmp_path / "licences" / "LIST.tsv").read_text().splitlines()
    assert [line.split("\t")[0].split()[0] for line in lines] == sorted(needed)
    assert all("not stated" not in line and not line.endswith("\t0 files") for line in lines)
    assert list((tmp_path / "licences" / "fastapi").iterdir())


def test_the_library_goes_to_another_machine_as_it_is_here(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    text = "# Fever in adults\n\n## Treatment\n\nOffer paracetamol 1 g every 6 hours when needed.\n"
    (source / "fever.md").write_text(text)
    (source / "fever.yaml").write_text("id: fever\nversion: '3'\npublished: 2025-02-01\npublisher: The house\n")
    services = Services(Settings(data=tmp_path / "data", model="none"), clock=FixedClock(NOW))
    with closing(services):
        ingest_guidelines(
            [source],
            library=services.library,
            builder=services.builder,
            db=services.db,
            log=services.log,
            clock=services.clock,
            actor=operator(),
            publish=True,
            originals=Originals(services.settings.data / "originals"),
        )
        assert write_library(services, tmp_path / "library") == 1
    assert (tmp_path / "library" / "fever.md").read_text() == text
    known = yaml.safe_load((tmp_path / "library" / "fever.yaml").read_text())
    assert (known["id"], known["version"], known["publisher"]) == ("fever", "3", "The house")
    assert known["published"].isoformat() == "2025-02-01"


def installer(folder: Path, target: Path) -> "subprocess.CompletedProcess[str]":
    (folder / "install.py").write_bytes(INSTALLER.read_bytes())
    command = [sys.executable, str(folder / "install.py"), str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("spoil", ["altered", "missing"])
def test_a_bundle_that_is_not_as_it_was_made_installs_nothing(tmp_path: Path, spoil: str) -> None:
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    (folder / "wheels" / "one.whl").write_bytes(b"a wheel")
    write_manifest(folder)
    assert set(json.loads((folder / MANIFEST).read_text())) == {"wheels/one.whl"}
    if spoil == "altered":
        (folder / "wheels" / "one.whl").write_bytes(b"another")
    else:
        (folder / "wheels" / "one.whl").unlink()
    ran = installer(folder, tmp_path / "opt")
    assert ran.returncode == 1
    assert "wheels/one.whl" in ran.stderr
    assert not (tmp_path / "opt").exists()


def test_a_folder_in_use_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    services = Services(Settings(data=tmp_path / "data", model="none"))
    with pytest.raises(InvalidInput) as refused:
        write_bundle(services, tmp_path, say=lambda text: None)
    assert refused.value.code == "exists"
