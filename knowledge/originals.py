"""The files guidelines came as, kept by their content: what is stored cannot be something else."""

import os
from hashlib import sha256
from pathlib import Path

from cds.errors import Integrity, NotFound


class Originals:
    """A folder of files named by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, content: bytes) -> str:
        """Store a file, durable when this returns; its hash."""
        digest = sha256(content).hexdigest()
        path = self._path(digest)
        if self.is_whole(digest) is not True:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            aside = path.with_name(f".{digest}.{os.getpid()}")
            with aside.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        return digest

    def read(self, digest: str) -> bytes:
        """A stored file, held against its hash."""
        try:
            content = self._path(digest).read_bytes()
        except OSError:
            raise NotFound(f"The original {digest[:12]}… is not stored. Ingest the document again.") from None
        if sha256(content).hexdigest() != digest:
            raise Integrity(
                f"The stored original {digest[:12]}… is not what was recorded of it. Restore it from a backup.",
                code="hash_mismatch",
            )
        return content

    def is_whole(self, digest: str) -> bool | None:
        """Whether a stored file is what its name says; None: it is not there."""
        try:
            self.read(digest)
        except NotFound:
            return None
        except Integrity:
            return False
        return True

    def _path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest
