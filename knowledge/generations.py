"""One generation of the index: a folder written aside, hashed and renamed into place, read only when whole."""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import orjson

from cds.errors import Integrity
from knowledge.dense_index import Mask, Numbers, mapped
from knowledge.embedding import Vectors
from knowledge.engines import Dense, Engine, InFiles, Keywords
from knowledge.late_interaction import TokenCodes

FORMAT = 4
IN_FILES = InFiles()
_MANIFEST = "manifest.json"
# Seconds after which nobody writes to a folder any more: writing takes minutes at a million passages.
_ABANDONED = 6 * 3600.0
_NOT_USABLE = "Search works on words only until `cds library rebuild` has made the index anew."


@dataclass(frozen=True, slots=True)
class Entry:
    """One passage as the index takes it: whose it is and what of it is searched."""

    passage: str
    edition: str
    text: str


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """Which embedder made the vectors of a generation."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Generation:
    """An index that is ready to search: passages by number, and where each comes from."""

    id: str
    embedder: EmbedderIdentity
    passages: npt.NDArray[np.bytes_]  # ids, by number
    editions: tuple[str, ...]
    edition_of: npt.NDArray[np.int32]
    dense: Dense
    keywords: Keywords
    tokens: TokenCodes | None  # None: too many passages; what is read of a few comes from the database, by their texts
    _texts: npt.NDArray[np.uint8] | None  # the sha256 of each passage's text, where there are no tokens

    @property
    def size(self) -> int:
        return len(self.passages)

    def allowed(self, editions: frozenset[str]) -> Mask | None:
        """Which passages may be found when these editions may; None when all may."""
        may = np.fromiter((edition in editions for edition in self.editions), np.bool_, len(self.editions))
        return None if may.all() else may[self.edition_of]

    def among(self, passages: frozenset[str], allowed: Mask | None) -> Mask:
        """Which passages may be found when only these may, and only where they may already."""
        chosen = np.isin(self.passages, np.array([passage.encode() for passage in sorted(passages)], np.bytes_))
        return chosen if allowed is None else chosen & allowed

    def text_hashes(self, numbers: Sequence[int] | Numbers) -> list[str]:
        """What these passages' texts are known by among the vectors."""
        return [] if self._texts is None else [self._texts[number].tobytes().hex() for number in numbers]

    def passage_ids(self, numbers: Sequence[int]) -> list[str]:
        return [self.passages[number].decode() for number in numbers]


def write_generation(
    root: Path,
    entries: Sequence[Entry],
    vectors: Vectors,
    embedder: EmbedderIdentity,
    *,
    tokens: TokenCodes | None = None,
    engine: Engine = IN_FILES,
) -> str:
    """Write a generation beside the others; its id is the hash of its manifest, so the same content is the same one."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _aside(root) as folder:
        editions = sorted({entry.edition for entry in entries})
        place = {edition: i for i, edition in enumerate(editions)}
        np.save(folder / "passages.npy", np.array([entry.passage.encode() for entry in entries], dtype=np.bytes_))
        edition_of = np.array([place[entry.edition] for entry in entries], dtype=np.int32)
        np.save(folder / "edition_of.npy", edition_of)
        (folder / "editions.txt").write_text("\n".join(editions), encoding="utf-8")
        described, put_in_place = engine.write(folder, (entry.text for entry in entries), edition_of, vectors)
        if tokens is not None:
            tokens.save(folder)
        else:
            texts = b"".join(hashlib.sha256(entry.text.encode()).digest() for entry in entries)
            np.save(folder / "text_hashes.npy", np.frombuffer(texts, np.uint8).reshape(-1, 32))
        manifest = {
            "format": FORMAT,
            "passages": len(entries),
            "embedder": {"name": embedder.name, "digest": embedder.digest},
            "engine": described,
            "files": {path.name: _described(path) for path in sorted(folder.iterdir())},
        }
        written = orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
        (folder / _MANIFEST).write_bytes(written)
        generation = hashlib.sha256(written).hexdigest()
        for path in [*folder.iterdir(), folder]:
            _flush(path)
        final = root / generation
        if final.exists():
            if is_whole(root, generation, engine=engine):
                return generation
            shutil.rmtree(final)
        put_in_place(generation)
        folder.rename(final)
        _flush(root)
    return generation


def open_generation(root: Path, generation: str, *, engine: Engine = IN_FILES) -> Generation:
    """Check every byte against the manifest, then map the files."""
    manifest = _checked(root, generation, engine)
    folder = root / generation
    edition_of = np.load(folder / "edition_of.npy")
    dense, keywords = engine.open(folder, manifest["engine"], edition_of)
    editions = (folder / "editions.txt").read_text(encoding="utf-8").split("\n")
    return Generation(
        id=generation,
        embedder=EmbedderIdentity(**manifest["embedder"]),
        passages=mapped(folder / "passages.npy"),
        editions=tuple(edition for edition in editions if edition),
        edition_of=edition_of,
        dense=dense,
        keywords=keywords,
        tokens=TokenCodes.open(folder),
        _texts=mapped(folder / "text_hashes.npy") if (folder / "text_hashes.npy").exists() else None,
    )


def is_whole(root: Path, generation: str, *, engine: Engine = IN_FILES) -> bool:
    """Whether every byte of it is as it was written."""
    try:
        _checked(root, generation, engine)
    except Integrity:
        return False
    return True


def discard_leftovers(root: Path, *, older_than: float = _ABANDONED) -> None:
    """Take away what builds that were killed left behind, and nothing that another process may still write."""
    for path in root.glob(".new-*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime <= time.time() - older_than:
                shutil.rmtree(path, ignore_errors=True)


def _checked(root: Path, generation: str, engine: Engine) -> dict[str, Any]:
    folder = root / generation
    try:
        written = (folder / _MANIFEST).read_bytes()
        if hashlib.sha256(written).hexdigest() != generation:
            raise Integrity(f"The manifest of index {generation[:12]} was altered. {_NOT_USABLE}", code="index_altered")
        manifest: dict[str, Any] = orjson.loads(written)
        present = {path.name for path in folder.iterdir()} - {_MANIFEST}
        if manifest["format"] != FORMAT:
            raise Integrity(f"Index {generation[:12]} has another format. {_NOT_USABLE}", code="index_format")
        if present != set(manifest["files"]):
            raise Integrity(f"Index {generation[:12]} lacks files or has others. {_NOT_USABLE}", code="index_altered")
        if (manifest["engine"]["kind"] == "milvus") is isinstance(engine, InFiles):
            raise Integrity(f"Index {generation[:12]} is of another engine. {_NOT_USABLE}", code="index_engine")
        with ThreadPoolExecutor() as readers:  # hashing is the time a start takes, and lets go of the interpreter
            found = dict(zip(present, readers.map(_described, [folder / name for name in present]), strict=True))
        for name, described in manifest["files"].items():
            if found[name] != described:
                raise Integrity(f"{name} of index {generation[:12]} was altered. {_NOT_USABLE}", code="index_altered")
        if not engine.has(generation, int(manifest["passages"])):
            raise Integrity(f"Index {generation[:12]} is not whole in Milvus. {_NOT_USABLE}", code="index_altered")
    except OSError as error:
        raise Integrity(f"Index {generation[:12]} cannot be read. {_NOT_USABLE}", code="index_unreadable") from error
    return manifest


def _described(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


@contextmanager
def _aside(root: Path) -> Iterator[Path]:
    folder = root / f".new-{uuid4().hex}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
