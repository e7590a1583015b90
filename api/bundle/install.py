"""Installs the service from this folder, without any network: python3 install.py /opt/cds [--data /var/lib/cds]

Runs with the standard library alone. Every file is held against the manifest first.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    parser = argparse.ArgumentParser(description="Install the service from this folder.")
    parser.add_argument("target", type=Path, help="the folder to install to, e.g. /opt/cds")
    parser.add_argument("--data", type=Path, help="the data folder, for the model's weights, e.g. /var/lib/cds")
    wanted = parser.parse_args()
    wrong = altered()
    if wrong:
        return stop(f"{len(wrong)} files are not as they were bundled, the first is {wrong[0]}. Copy the folder again.")
    environment = wanted.target / ".venv"
    print(f"making {environment}")
    venv.create(environment, with_pip=True, clear=True)
    python = environment / "bin" / "python"
    command = [python, "-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check", "--find-links"]
    if subprocess.run([*command, HERE / "wheels", "evidence-cds"], check=False).returncode:
        return stop("Installing did not finish; the lines above say why. It needs the Python it was made with.")
    if wanted.data is not None and (HERE / "models").is_dir():
        shutil.copytree(HERE / "models", wanted.data / "models", dirs_exist_ok=True)
    cds = environment / "bin" / "cds"
    print(f"installed. Next:\n  {cds} ingest guidelines {HERE / 'library'} --publish\n  {cds} selftest\n  {cds} serve")
    return 0


def altered() -> list[str]:
    """Files that are missing or not what the manifest says."""
    listed = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))
    return [name for name, digest in listed.items() if digest_of(HERE / name) != digest]


def digest_of(path: Path) -> str:
    if not path.is_file():
        return "missing"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stop(text: str) -> int:
    print(text, file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
