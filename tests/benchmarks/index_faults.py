"""200 kills of a writer and 1,000 flipped bytes: `python -m tests.benchmarks.index_faults`."""

import os
import random
import signal
import tempfile
import time
from pathlib import Path

from cds.errors import Integrity
from knowledge.generations import is_whole
from tests.benchmarks.results import keep
from tests.knowledge.test_generations import write

KILLS, FLIPS = 200, 1_000


def killed(root: Path) -> tuple[int, int]:
    """Generations under their final name after the kills, and how many of them are not whole."""
    chance = random.Random(1)
    write(root)  # loads what is needed before the first fork
    for kill in range(KILLS):
        writer = os.fork()
        if writer == 0:
            for number in range(1_000_000):
                write(root, salt=KILLS * number + kill)
        time.sleep(chance.uniform(0.01, 0.3))
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
    names = [path.name for path in root.iterdir() if not path.name.startswith(".new-")]
    return len(names), sum(not is_whole(root, name) for name in names)


def flipped(root: Path) -> int:
    """How many of the flipped bytes were refused."""
    generation = write(root)
    files = sorted((root / generation).iterdir())
    chance = random.Random(2)
    refused = 0
    for _ in range(FLIPS):
        path = chance.choice(files)
        content = path.read_bytes()
        at = chance.randrange(len(content))
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :])
        refused += not is_whole(root, generation)
        path.write_bytes(content)
    if not is_whole(root, generation):
        raise Integrity("the benchmark itself left the index altered")
    return refused


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        written, unreadable = killed(Path(folder) / "kills")
        refused = flipped(Path(folder) / "flips")
    figures = {
        "kills": KILLS,
        "generations": written,
        "unreadable": unreadable,
        "flipped_bytes": FLIPS,
        "refused": refused,
    }
    print(figures)
    keep("index_faults", figures)


if __name__ == "__main__":
    main()
