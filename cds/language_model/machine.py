"""What this machine has to run a model on."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_GIB = 2**30
# A driver that does not answer within this is one that cannot be used.
_ASK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Machine:
    """Cores, memory and the largest graphics card."""

    cores: int
    memory: int  # bytes
    gpu: str | None = None
    gpu_memory: int = 0

    @property
    def memory_gib(self) -> float:
        return round(self.memory / _GIB, 1)

    @property
    def gpu_memory_gib(self) -> float:
        return round(self.gpu_memory / _GIB, 1)


def this_machine() -> Machine:
    """Asks the operating system, the control group and the graphics driver."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    gpu, gpu_memory = _largest_gpu()
    return Machine(cores, min(memory, _allowed()), gpu, gpu_memory)


def _allowed() -> int:
    """What a container may use, which is often less than the machine has."""
    try:
        return int(Path("/sys/fs/cgroup/memory.max").read_text())
    except (OSError, ValueError):
        return 2**63


def _largest_gpu() -> tuple[str | None, int]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None, 0
    command = [tool, "--query-gpu=memory.total,name", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_SECONDS, check=True)
        cards = [(int(size), name.strip()) for size, _, name in (x.partition(",") for x in told.stdout.splitlines())]
    except (OSError, subprocess.SubprocessError, ValueError):
        return None, 0
    size, name = max(cards, default=(0, ""))
    return (name, size * 2**20) if size else (None, 0)
