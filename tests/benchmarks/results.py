"""Figures kept as files, by benchmark and commit, so that one can be held against another."""

import platform
import subprocess
from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).parent / "results"


def commit() -> str:
    """The commit the figures are of, marked when the tree had changes."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"], capture_output=True, text=True, check=False
    )
    return described.stdout.strip() or "unknown"


def keep(name: str, figures: dict[str, Any]) -> Path:
    """Write the figures of one run."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}-{commit()}.json"
    document = {"benchmark": name, "commit": commit(), "python": platform.python_version(), "figures": figures}
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2, default=str) + b"\n")
    return path
