"""The digest of a file of weights, computed once: gigabytes take seconds, and every start asks for it."""

import contextlib
import hashlib
import os
from pathlib import Path

import orjson

KEPT_NAME = "digests.json"


def digest_of(path: Path, *, kept: Path | None = None) -> str:
    """SHA-256 of the file; the one kept in `kept` when path, size and time of change are the same."""
    state = path.stat()
    key = f"{path.resolve()}|{state.st_size}|{state.st_mtime_ns}"
    known = _read(kept)
    if key in known:
        return known[key]
    digest = sha256_of(path)
    if kept is not None:
        _write(kept, {**known, key: digest})
    return digest


def sha256_of(path: Path) -> str:
    """SHA-256 of the file as it is now."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(kept: Path | None) -> dict[str, str]:
    if kept is None or not kept.exists():
        return {}
    try:
        found = orjson.loads(kept.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return {}  # it is only a memory of something that can be computed again
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _write(kept: Path, known: dict[str, str]) -> None:
    aside = kept.with_name(f"{kept.name}.{os.getpid()}")
    with contextlib.suppress(OSError):  # a folder that cannot be written costs a second at the next start
        kept.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(orjson.dumps(known, option=orjson.OPT_INDENT_2))
        aside.replace(kept)
