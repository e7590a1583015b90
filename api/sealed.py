"""A stream of bytes, sealed: AES-256-GCM in chunks that cannot be changed, reordered, repeated or cut off unseen."""

import io
import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cds.errors import Integrity

MAGIC = b"cds-backup-1\n"
_CHUNK = 1 << 20
_PREFIX = 7  # random bytes of each nonce; four count the chunks, one says which is the last
_LAST = 1


class Sealer(io.RawIOBase):
    """Writes what it is given, sealed, to a file; only `close` makes it whole."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file, self._cipher, self._number, self._pending = file, AESGCM(key), 0, bytearray()
        self._prefix = os.urandom(_PREFIX)
        file.write(MAGIC + self._prefix)

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        given = bytes(data)  # type: ignore[call-overload]
        self._pending += given
        while len(self._pending) > _CHUNK:
            self._seal(bytes(self._pending[:_CHUNK]), last=0)
            del self._pending[:_CHUNK]
        return len(given)

    def finish(self) -> None:
        """Seal the last chunk; a stream without one is refused as cut off."""
        self._seal(bytes(self._pending), last=_LAST)
        self._pending.clear()

    def _seal(self, chunk: bytes, *, last: int) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._prefix, self._number, last), chunk, MAGIC))
        self._number += 1


def unsealed(file: BinaryIO, key: bytes) -> Iterator[bytes]:
    """The chunks of a sealed stream, each checked before it is given; refused unless it ends as it was ended."""
    head = file.read(len(MAGIC) + _PREFIX)
    if not head.startswith(MAGIC) or len(head) != len(MAGIC) + _PREFIX:
        raise Integrity("This is not a backup of this service.", code="not_a_backup")
    prefix, cipher, number = head[len(MAGIC) :], AESGCM(key), 0
    sealed = file.read(_CHUNK + 16)
    while sealed:
        following = file.read(_CHUNK + 16)
        last = _LAST if not following else 0
        try:
            yield cipher.decrypt(_nonce(prefix, number, last), sealed, MAGIC)
        except InvalidTag:
            raise Integrity(
                "The backup cannot be opened: its key is another one, or the file is damaged or cut off. "
                "Give the key that was kept from when it was made, or take another backup.",
                code="backup_unreadable",
            ) from None
        sealed, number = following, number + 1
    if number == 0:
        raise Integrity("The backup is cut off: it has no content. Take another one.", code="backup_unreadable")


def _nonce(prefix: bytes, number: int, last: int) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([last])
