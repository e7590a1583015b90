"""A folder of real and broken PDFs taken in by the command, in one run, its memory watched from outside."""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread
from typing import Any

import orjson

from ingest.documents.refusals import REASONS

CDS = [sys.executable, "-c", "from api.cli import main; main()"]
_EVERY_SECONDS = 0.1
# No file may take longer than its four minutes; a whole corpus has never taken half an hour.
_HANGS_AFTER = 3600


class MemoryWatch:
    """The memory of a process and of the readers it started, looked at ten times a second."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.service = self.readers = self.together = 0.0  # MiB, at most
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            own = _resident(self.pid)
            children = [_resident(int(child)) for child in _children(self.pid)]
            self.service = max(self.service, own)
            self.readers = max(self.readers, *children, 0.0)
            self.together = max(self.together, own + sum(children))


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _children(pid: int) -> list[str]:
    found: list[str] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += task.read_text().split()
        except OSError:
            continue
    return found


def corpus(folder: Path) -> dict[str, Any]:
    """Every PDF under a folder through `cds ingest guidelines FOLDER --publish --json`, into a library of its own."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() == ".pdf"]
    with tempfile.TemporaryDirectory() as data:
        started = time.perf_counter()
        running = subprocess.Popen(
            [*CDS, "ingest", "guidelines", str(folder), "--publish", "--json"],
            env={**os.environ, "CDS_DATA": data, "CDS_MODEL": "none"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        watch = MemoryWatch(running.pid)
        try:
            printed, _ = running.communicate(timeout=_HANGS_AFTER)
        finally:
            running.kill()
            watch.close()
        seconds = time.perf_counter() - started
    report = orjson.loads(printed)
    codes = Counter(one["code"] for one in report["refused"])
    settled = report["documents"] + report["unchanged"] + len(report["refused"])
    return {
        "files": len(files),
        "exit status": running.returncode,
        "ingested": report["documents"],
        **{f"refused {code}": count for code, count in sorted(codes.items())},
        "neither": len(files) - settled,
        "codes nobody knows": len(set(codes) - set(REASONS)),
        "passages": report["passages"],
        "seconds": round(seconds, 1),
        "service, most MiB": round(watch.service),
        "one reader, most MiB": round(watch.readers),
        "all together, most MiB": round(watch.together),
    }
