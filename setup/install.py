"""Makes `.venv` and installs the service into it: `python3 setup/install.py [test]`.

Runs with the standard library alone on Python 3.11 or newer, again at no cost when nothing changed. The exact
versions are those of `constraints.txt`, torch among them as the CPU build. uv does the installing; it does not read
pip's configuration, so an index, a folder of wheels or a certificate configured for pip is passed on to it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed"
CONSTRAINTS = HERE / "constraints.txt"
NEEDED_PYTHON = (3, 11)
NEEDED_BYTES = 4 << 30  # the environment takes 2 GB, its download and unpacking as much again


def main(extras: list[str]) -> int:
    if sys.version_info < NEEDED_PYTHON:
        return stop(
            f"Python {sys.version.split()[0]} is too old: Python 3.11 or newer is needed. "
            "Install it and run `make PYTHON=python3.11 run`."
        )
    wanted = fingerprint(extras)
    if STAMP.exists() and wanted in STAMP.read_text().split():
        return 0
    if shutil.which("uv", path=str(VENV / "bin")) is None:
        free = shutil.disk_usage(ROOT).free
        if free < NEEDED_BYTES:
            return stop(f"{ROOT} has {free >> 20} MB of free disk; {NEEDED_BYTES >> 20} MB are needed. Free some.")
        say("making .venv")
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True)
        if made.returncode:
            return stop(
                "This Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv."
            )
        if run([VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv"]):
            return stop(
                "The package index cannot be reached, so nothing could be installed. Connect this machine, or "
                "configure pip for a mirror or a folder of wheels, and run the same command again."
            )
    say("installing (about 2 GB; a minute or two with a near index)")
    configured = pip_configuration()
    target = f"{ROOT}[{','.join(extras)}]" if extras else str(ROOT)
    command: list[str | Path] = [VENV / "bin" / "uv", "pip", "install", "--quiet", "--python", VENV / "bin" / "python"]
    command += ["--constraint", CONSTRAINTS, *index_options(configured), "--editable", target]
    if run(command, extra=uv_environment(configured)):
        return stop(
            "Installing did not finish; the lines above say why. Without a network: connect this machine, or "
            "configure pip for a mirror or a folder of wheels, and run the same command again. What was downloaded "
            "is kept."
        )
    done = STAMP.read_text().split() if STAMP.exists() else []
    STAMP.write_text("\n".join([*done, wanted]) + "\n")
    return 0


def fingerprint(extras: list[str]) -> str:
    """What decides whether installing again would change anything."""
    digest = hashlib.sha256(repr((extras, sys.version_info[:2], str(ROOT))).encode())
    for path in (ROOT / "pyproject.toml", CONSTRAINTS):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def pip_configuration() -> dict[str, list[str]]:
    """What pip is configured with on this machine, by option; the environment wins over the files, as in pip."""
    listed = subprocess.run(
        [str(VENV / "bin" / "python"), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    found: dict[str, list[str]] = {}
    for line in listed.splitlines():  # e.g. global.find-links='/opt/wheels'
        name, _, value = line.partition("=")
        words = value.strip().strip("'\"").replace("\\n", " ").split()
        section, _, option = name.strip().partition(".")
        if words and (section == ":env:" or option not in found):
            found[option] = words
    return found


def index_options(configured: dict[str, list[str]]) -> list[str]:
    """pip's index, extra indexes and folders of wheels, in uv's words."""
    options: list[str] = []
    for folder in configured.get("find-links", []):
        options += ["--find-links", folder]
    for address in configured.get("index-url", []):
        options += ["--default-index", address]
    for address in configured.get("extra-index-url", []):
        if not address.startswith("file://") or Path(address.removeprefix("file://")).is_dir():
            options += ["--index", address]
    if "--index" in options:
        options += ["--index-strategy", "unsafe-best-match"]  # as pip does with the indexes it was configured with
    if not has_cpu_torch(configured):
        options += ["--torch-backend", "cpu"]
    return options


def has_cpu_torch(configured: dict[str, list[str]]) -> bool:
    """Whether a configured folder holds the CPU build of torch for this Python."""
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    folders = [Path(folder) for folder in configured.get("find-links", []) if "://" not in folder]
    return any(list(folder.glob(f"torch-*+cpu-{tag}-*.whl")) for folder in folders if folder.is_dir())


def uv_environment(configured: dict[str, list[str]]) -> dict[str, str]:
    """uv's settings for a hospital's own certificate and for slow lines."""
    certificate = configured.get("cert", [])
    return {"UV_HTTP_TIMEOUT": "300", **({"SSL_CERT_FILE": certificate[0]} if certificate else {})}


def run(command: list[str | Path], *, extra: dict[str, str] | None = None) -> int:
    return subprocess.run([str(part) for part in command], env={**os.environ, **(extra or {})}, check=False).returncode


def say(text: str) -> None:
    print(f"setup: {text}", file=sys.stderr, flush=True)


def stop(text: str) -> int:
    say(text)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
