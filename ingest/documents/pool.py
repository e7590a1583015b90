"""Reading processes kept at work: reused from file to file, replaced after a crash, ended past their time."""

import os
import select
import signal
import struct
import subprocess
import sys
import time
from base64 import b64decode
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock
from types import TracebackType
from typing import Any, TypeVar

import orjson

from cds.errors import Unavailable
from ingest.documents.limits import BY_OCR, READING
from ingest.documents.ocr import is_installed
from ingest.documents.refusals import Refused
from ingest.documents.wire import Job, from_json, send_job
from knowledge.editions import NewDocument

# A file gets its processor seconds even when four others want the processor; past that something hangs.
_WALL = 4
# What a plain reading leaves to OCR: pages that are pictures, and pages whose fonts do not say their letters.
_FOR_OCR = frozenset({"picture", "garbled"})
# A process that has read this many files is replaced, so that a library's leaks stay small.
_FILES_EACH = 200
_LENGTH = struct.Struct(">Q")
# Longer than any answer a file within the limits can give.
_LONGEST_ANSWER = 512 * 1024 * 1024

T = TypeVar("T")


class Reader:
    """One reading process."""

    def __init__(self, *, ocr: bool = False) -> None:
        self._ocr = ocr
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 0

    def read(self, content: bytes, *, file: str, side_car: bytes | None = None) -> NewDocument:
        """The edition in this file; raises `Refused`, whatever the file does to the process."""
        answer = self._ask(Job(file, content, side_car))
        try:
            return from_json(answer["read"])
        except (KeyError, TypeError, ValueError) as error:
            self.close()
            raise Refused("unreadable") from error

    def picture(self, content: bytes, page: int) -> bytes | None:
        """Page `page` (from 1) of a PDF as PNG; None: it has no such page."""
        found = self._ask(Job("", content, page=page)).get("picture")
        return None if found is None else b64decode(found)

    def _ask(self, job: Job) -> dict[str, Any]:
        if self._read >= _FILES_EACH:
            self.close()
        process = self._process or self._start()
        self._read += 1
        try:
            send_job(process.stdin, job)  # type: ignore[arg-type]
            answer = self._answer(process)
        except (OSError, EOFError):
            raise Refused(self._ended()) from None
        except TimeoutError:
            self.close()
            raise Refused("timeout") from None
        if "refused" in answer:
            code, message = answer["refused"]
            refused = Refused(code)
            refused.message = message
            raise refused
        return answer

    def close(self) -> None:
        """End the process."""
        process, self._process, self._read = self._process, None, 0
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:
                        continue  # what was still unsent has nowhere to go

    def _start(self) -> subprocess.Popen[bytes]:
        # The environment may hold keys and addresses: the process that reads strangers' files gets none of it.
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-B", "-m", "ingest.documents.worker", *(["--ocr"] if self._ocr else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            start_new_session=True,  # Ctrl-C in the terminal is for us to handle
        )
        return self._process

    def _answer(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        limits = BY_OCR if self._ocr else READING
        until = time.monotonic() + _WALL * limits.processor_seconds
        (length,) = _LENGTH.unpack(self._exactly(process, _LENGTH.size, until))
        if length > _LONGEST_ANSWER:
            raise EOFError
        found: dict[str, Any] = orjson.loads(self._exactly(process, length, until))
        return found

    def _exactly(self, process: subprocess.Popen[bytes], size: int, until: float) -> bytes:
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        parts: list[bytes] = []
        while size:
            left = until - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise TimeoutError
            part = os.read(descriptor, min(size, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _ended(self) -> str:
        """Why the process ended while it read."""
        assert self._process is not None
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            status = 0
        self.close()
        if status == -signal.SIGXCPU:
            return "timeout"
        return "too_large" if status == -signal.SIGKILL else "unreadable"


class Readers:
    """Several reading processes; results come in the order of the files."""

    def __init__(self, count: int | None = None, *, ocr: bool = False) -> None:
        if ocr and not is_installed():
            raise Unavailable(
                "OCR is turned on and not installed. Install the extra `evidence-cds[ocr]` or turn it off.",
                code="ocr_not_installed",
            )
        self._by_ocr = Reader(ocr=True) if ocr else None
        self._one_by_ocr = Lock()  # it uses every core by itself
        # Two keep an embedder fed and leave a small machine usable.
        self._count = count or max(1, min(2, os.cpu_count() or 1))
        self._idle: SimpleQueue[Reader] = SimpleQueue()
        self._all = [Reader() for _ in range(self._count)]
        for reader in self._all:
            self._idle.put(reader)
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="reading")

    def __enter__(self) -> "Readers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for reader in [*self._all, *([self._by_ocr] if self._by_ocr else [])]:
            reader.close()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def each(
        self, items: Iterable[T], load: Callable[[T], tuple[bytes, str, bytes | None]]
    ) -> Iterator[tuple[T, NewDocument | Refused]]:
        """Every item with its edition or refusal; only a few files are in memory at a time."""
        waiting: deque[tuple[T, Future[NewDocument | Refused]]] = deque()
        for item in items:
            waiting.append((item, self._threads.submit(self._one, item, load)))
            if len(waiting) > 2 * self._count:
                first, future = waiting.popleft()
                yield first, future.result()
        for item, future in waiting:
            yield item, future.result()

    def _one(self, item: T, load: Callable[[T], tuple[bytes, str, bytes | None]]) -> NewDocument | Refused:
        reader = self._idle.get()
        try:
            content, file, side_car = load(item)
            return self._read(reader, content, file, side_car)
        except Refused as refused:
            return refused
        except OSError:
            return Refused("unreadable", "The file cannot be opened.")
        finally:
            self._idle.put(reader)

    def _read(self, reader: Reader, content: bytes, file: str, side_car: bytes | None) -> NewDocument:
        plain: NewDocument | Refused
        try:
            plain = reader.read(content, file=file, side_car=side_car)
        except Refused as refused:
            plain = refused
        if self._by_ocr is not None and _wants_ocr(plain):
            try:
                with self._one_by_ocr:
                    return self._by_ocr.read(content, file=file, side_car=side_car)
            except Refused as refused:
                plain = refused if isinstance(plain, Refused) else plain
        if isinstance(plain, Refused):
            raise plain
        return plain


def _wants_ocr(plain: NewDocument | Refused) -> bool:
    if isinstance(plain, Refused):
        return plain.code == "no_text"
    return any(flag.kind in _FOR_OCR for flag in plain.flags)
