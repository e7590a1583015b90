"""What the reading process may use: memory, processor time, no files to write, no network."""

import contextlib
import ctypes
import platform
import resource
import struct
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reading process may use."""

    memory: int
    processor_seconds: int  # a file


READING = Limits(memory=1 << 30, processor_seconds=60)
# The models take 1 GiB beside the page, and what their runtime reserves counts as well; a page takes ten seconds.
BY_OCR = Limits(memory=4 << 30, processor_seconds=1800)
_OPEN_FILES = 64

# Linux system calls by machine: socket, socketpair, connect, execve, execveat, ptrace.
_FORBIDDEN = {
    "x86_64": (0xC000003E, (41, 53, 42, 59, 322, 101)),
    "aarch64": (0xC00000B7, (198, 199, 203, 221, 281, 117)),
}
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_FILTER = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM


def confine(limits: Limits) -> None:
    """Give up, for good, what reading a document does not need."""
    _lower(resource.RLIMIT_AS, limits.memory)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    sys.addaudithook(_no_network)
    _filter_system_calls()


def allow_processor_time(limits: Limits) -> None:
    """Give the next file its own seconds; past them the system ends this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (spent + limits.processor_seconds, hard))


def _lower(which: int, to: int) -> None:
    _, hard = resource.getrlimit(which)
    limit = to if hard == resource.RLIM_INFINITY else min(to, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(which, (limit, limit))


def _no_network(event: str, _arguments: tuple[Any, ...]) -> None:
    # Second line behind the system call filter, and the only one where there is no such filter.
    if event in ("socket.__new__", "socket.connect", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        raise PermissionError(event)


def _filter_system_calls() -> None:
    known = _FORBIDDEN.get(platform.machine())
    if sys.platform != "linux" or known is None:
        return
    architecture, calls = known
    # Load the architecture; another one than ours is refused whole. Load the number; refuse those listed.
    program = [(0x20, 0, 0, 4), (0x15, 1, 0, architecture), (0x06, 0, 0, _REFUSE), (0x20, 0, 0, 0)]
    program += [(0x15, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    program += [(0x06, 0, 0, _ALLOW), (0x06, 0, 0, _REFUSE)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    described = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(code)))
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            libc.prctl(_PR_SET_SECCOMP, _SECCOMP_FILTER, ctypes.byref(described), 0, 0)
