"""Room on the disk: a consult that could not be recorded is not begun."""

import shutil
from pathlib import Path

from cds.errors import Unavailable

# Below this a consult might find no room to be recorded in; a day of a busy clinic writes a few megabytes.
ROOM_NEEDED = 200 * 1024 * 1024


def free_bytes(folder: Path) -> int:
    """Free bytes where the folder is, or would be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def check_room(free: int) -> None:
    """Refuse where nothing could be recorded."""
    if free < ROOM_NEEDED:
        raise Unavailable(
            f"Only {free // 2**20} MB are free where the data folder is; the service needs {ROOM_NEEDED // 2**20} MB "
            "to record what it shows. Make room, or set CDS_DATA to another disk.",
            code="no_disk_space",
        )
