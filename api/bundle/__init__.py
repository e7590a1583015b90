"""Everything a machine without internet needs, in one folder: wheels, weights, library, licences, an installer."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from api.bundle.library import write_library
from api.services import Services
from cds.errors import InvalidInput, Unavailable

PRODUCT = "evidence-cds"
MANIFEST = "manifest.json"
_INSTALL = Path(__file__).with_name("install.py")
_BUILD = "import sys, setuptools.build_meta as b; b.build_wheel(sys.argv[1])"
# Files of a wheel's metadata that hold its terms.
_TERMS = ("licen", "copying", "notice", "authors")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Bundled:
    """What lies in the folder."""

    wheels: int
    guidelines: int
    weights: int
    bytes: int


def write_bundle(services: Services, folder: Path, *, say: Say, own_wheel: Path | None = None) -> Bundled:
    """Write the bundle; the folder must be new or empty."""
    if folder.exists() and any(folder.iterdir()):
        raise InvalidInput(f"{folder} is not empty. Name a new folder.", code="exists")
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    needed = closure(PRODUCT)
    say(f"collecting {len(needed) + 1} wheels")
    build_own(wheels, given=own_wheel)
    download(needed, wheels)
    write_licences(needed, folder / "licences")
    say("copying the library and the weights")
    guidelines = write_library(services, folder / "library")
    weights = copy_weights(services.settings.weights, folder / "models")
    shutil.copyfile(_INSTALL, folder / "install.py")
    write_manifest(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Bundled(len(list(wheels.iterdir())), guidelines, weights, size)


def closure(name: str, *, extras: frozenset[str] = frozenset()) -> dict[str, Distribution]:
    """Every distribution this one needs here, and what those need; itself not among them."""
    found: dict[str, Distribution] = {}
    waiting = [(name, extras)]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        one = distribution(wanted[0])
        if wanted[0] != name:
            found[canonicalize_name(wanted[0])] = one
        for line in one.requires or ():
            requirement = Requirement(line)
            marks = [{"extra": extra} for extra in wanted[1]] or [{"extra": ""}]
            if requirement.marker is None or any(requirement.marker.evaluate(mark) for mark in marks):
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return dict(sorted(found.items()))


def build_own(wheels: Path, *, given: Path | None) -> None:
    """This product's own wheel: built from the checkout it runs from, or the file that was named."""
    source = Path(__file__).parents[2]
    if given is not None:
        shutil.copy(given, wheels)
    elif (source / "pyproject.toml").exists():
        run([sys.executable, "-W", "ignore", "-c", _BUILD, str(wheels.absolute())], at=source, code="wheel_not_built")
        shutil.rmtree(source / "build", ignore_errors=True)
    else:
        raise InvalidInput("This service was installed from a wheel: name it with --wheel FILE.", code="wheel_missing")


def download(needed: dict[str, Distribution], wheels: Path) -> None:
    """The wheels of exactly the versions that are installed, by pip and whatever index it is configured with."""
    exact = [f"{name}=={one.version}" for name, one in needed.items()]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    run([*command, "--only-binary", ":all:", "--dest", str(wheels), *exact], code="wheels_not_fetched")


def run(command: list[str], *, at: Path | None = None, code: str) -> None:
    """Run a program; its last lines are the reason when it fails."""
    ended = subprocess.run(command, cwd=at, capture_output=True, text=True, check=False)
    if ended.returncode:
        reason = " ".join(ended.stderr.strip().splitlines()[-2:])
        raise Unavailable(f"The bundle could not be made: {reason}", code=code)


def write_licences(needed: dict[str, Distribution], folder: Path) -> None:
    """The terms of every dependency, and a list that says which has none in its wheel."""
    lines = []
    for name, one in needed.items():
        terms = [file for file in one.files or () if are_terms(Path(str(file)))]
        for file in terms:
            kept = folder / name / file.name
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(one.locate_file(file)), kept)
        about = one.metadata.json
        listed = [line.rpartition(" :: ")[2] for line in about.get("classifier", ()) if line.startswith("License")]
        stated = str(about.get("license_expression") or about.get("license") or "; ".join(listed)).strip()
        short = stated.splitlines()[0][:80] if stated else "not stated"
        lines.append(f"{name} {one.version}\t{short}\t{len(terms)} files")
    folder.mkdir(exist_ok=True)
    (folder / "LIST.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def are_terms(file: Path) -> bool:
    """Whether a file of a wheel's metadata states its terms."""
    parts = [part.lower() for part in file.parts]
    return parts[0].endswith(".dist-info") and any(part.startswith(_TERMS) for part in parts[1:])


def copy_weights(source: Path, target: Path) -> int:
    """The models that were fetched."""
    files = list(source.glob("*.gguf")) if source.is_dir() else []
    for path in files:
        target.mkdir(exist_ok=True)
        shutil.copyfile(path, target / path.name)
    return len(files)


def write_manifest(folder: Path) -> None:
    """The hash of every file, which the installer holds them against first."""
    listed = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            listed[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    (folder / MANIFEST).write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")
