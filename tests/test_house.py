"""Rules of the house that no linter knows."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli import COMMANDS, main
from cds.settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGES = ("cds", "knowledge", "ingest", "api")


def test_tests_cannot_reach_another_host() -> None:
    with pytest.raises(Exception, match=r"(?i)socket"), socket.socket() as caller:
        caller.connect(("192.0.2.1", 80))


def test_each_package_imports_only_what_stands_to_its_right() -> None:
    linted = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 0, linted.stdout


def test_nothing_below_the_doors_reads_the_environment() -> None:
    read = re.compile(r"os\.environ\.get\(|os\.getenv\(|os\.environ\[[^\]]+\](?!\s*=[^=])")
    reads = [
        str(path.relative_to(ROOT))
        for package in ("cds", "knowledge", "ingest")
        for path in (ROOT / package).rglob("*.py")
        if read.search(path.read_text())
    ]
    assert reads == []


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_no_model_library(package: str) -> None:
    heavy = {"torch", "sentence_transformers", "faiss", "xllamacpp", "langchain_core", "pypdfium2"}
    program = f"import sys, {package}; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert heavy.isdisjoint(loaded.stdout.split())


def test_the_command_line_answers_for_help_without_importing_its_commands() -> None:
    program = (
        "import sys\nfrom api.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\nprint(*sorted(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "Usage: cds" in loaded.stdout
    assert {"torch", "sqlalchemy", "fastapi", "pydantic", "rich"}.isdisjoint(loaded.stdout.split())


def test_no_file_names_the_address_of_a_package_registry() -> None:
    named = ("pypi" + ".org", "files.python" + "hosted.org", "registry.npm" + "js.org")
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    guilty = [
        name
        for name in tracked.split("\0")
        if name and any(word in (ROOT / name).read_text(errors="ignore") for word in named)
    ]
    assert guilty == []


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_explained_in_the_readme(name: str) -> None:
    described = Settings.model_fields[name].description
    assert described
    assert f"| `CDS_{name.upper()}` |" in (readme := (ROOT / "README.md").read_text())
    assert described in readme


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code in (0, None)
    assert "Usage: cds " + command in capsys.readouterr().out
