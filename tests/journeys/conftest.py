"""Journeys go through the doors only: the command line as typed, the service as served."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from filelock import FileLock

from api.cli import main

SAMPLES = Path(__file__).parents[2] / "ingest" / "samples"


@dataclass(frozen=True)
class Ran:
    """How one command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return orjson.loads(self.out)


Command = Callable[..., Ran]


@pytest.fixture
def cds(capfd: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process, where the network is refused."""

    def run(*arguments: str) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ran(status=int(ended.value.code or 0), out=out, err=err)

    return run


@pytest.fixture(scope="session")
def loaded_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample library and patients in it, loaded once for all test workers."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "loaded"
    with FileLock(shared / "loaded.lock"):
        if not folder.exists():
            partial = shared / "loading"
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("CDS_DATA", str(partial))
                patch.setenv("CDS_MODEL", "none")
                for command in (
                    ["guidelines", str(SAMPLES / "library"), "--publish"],
                    ["records", str(SAMPLES / "patients")],
                ):
                    with pytest.raises(SystemExit) as ended:
                        main(["ingest", *command, "--json"])
                    assert ended.value.code in (0, None)
            partial.rename(folder)
    return folder


@pytest.fixture
def data(loaded_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the loaded data folder for one test, named in the environment; no model."""
    folder = tmp_path / "cds"
    shutil.copytree(loaded_data, folder)
    monkeypatch.setenv("CDS_DATA", str(folder))
    monkeypatch.setenv("CDS_MODEL", "none")
    return folder


@pytest.fixture
def empty_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder named in the environment; no model."""
    monkeypatch.setenv("CDS_DATA", str(tmp_path / "cds"))
    monkeypatch.setenv("CDS_MODEL", "none")
    return tmp_path / "cds"
