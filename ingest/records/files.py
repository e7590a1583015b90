"""Files as they lie on a disk: plain or gzipped, one line at a time where they are long."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from cds.errors import CdsError

# What one file may grow to in memory when it is read whole; a longer one is refused rather than the machine killed.
LARGEST_WHOLE = 512_000_000
# A single resource with a scanned archive inside; a longer line is no resource.
LONGEST_LINE = 128_000_000


_BOM = b"\xef\xbb\xbf"


class BadFile(CdsError):
    """A file that cannot be read at all."""

    code = "unreadable"


def read_bytes(path: Path) -> bytes:
    """The content of a file, unpacked when it is gzipped."""
    try:
        with _opened(path) as file:
            content: bytes = file.read(LARGEST_WHOLE + 1)
    except (EOFError, zlib.error):
        raise BadFile("The gzipped file breaks off.", code="truncated") from None
    except OSError as error:
        raise BadFile(f"The file cannot be read ({error.strerror or 'damaged'}).") from None
    if len(content) > LARGEST_WHOLE:
        raise BadFile(
            f"The file is larger than {LARGEST_WHOLE // 1_000_000} MB. Export it as NDJSON, which is read by lines.",
            code="too_large",
        )
    return content.removeprefix(_BOM)


def head(path: Path, size: int = 4096) -> bytes:
    """The first bytes of a file, unpacked; nothing when it cannot be read."""
    try:
        with _opened(path) as file:
            content: bytes = file.read(size)
        return content
    except (OSError, EOFError, zlib.error):
        return b""


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each line with its number; a file that breaks off raises after its last whole line."""
    try:
        with _opened(path) as file:
            number = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                yield number, line.removeprefix(_BOM) if number == 1 else line
    except (EOFError, zlib.error):
        raise BadFile("The gzipped file breaks off; what came before was kept.", code="truncated") from None
    except OSError as error:
        raise BadFile(f"The file cannot be read ({error.strerror or 'damaged'}).") from None


def _opened(path: Path):  # type: ignore[no-untyped-def]
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if packed else path.open("rb")
