"""A generation on disk: whole or refused, whatever happened to its files and its writer."""

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cds.errors import Integrity
from knowledge.generations import EmbedderIdentity, Entry, discard_leftovers, open_generation, write_generation

WRITER = """
import sys
from pathlib import Path
from tests.knowledge.test_generations import write
print("ready", flush=True)
for number in range(1000):
    print(write(Path(sys.argv[1]), salt=number), flush=True)
"""


def write(root: Path, *, salt: int = 0, size: int = 40) -> str:
    """A small generation of made-up vectors and words."""
    random_numbers = np.random.default_rng(salt)
    vectors = random_numbers.standard_normal((size, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    entries = [Entry(f"{i:024x}", f"edition{i % 3}", f"fever number{i} salt{salt}") for i in range(size)]
    return write_generation(root, entries, vectors, EmbedderIdentity("made up", "0" * 64))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    opened = open_generation(tmp_path, write(tmp_path))
    assert (opened.size, opened.editions) == (40, ("edition0", "edition1", "edition2"))
    assert opened.passage_ids([3]) == [f"{3:024x}"]
    assert opened.keywords.frequency("fever") == 40


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    first, again = write(tmp_path / "one"), write(tmp_path / "two")
    assert first == again
    for path in (tmp_path / "one" / first).iterdir():
        assert path.read_bytes() == (tmp_path / "two" / first / path.name).read_bytes()


def test_any_flipped_byte_is_refused(tmp_path: Path) -> None:
    generation = write(tmp_path)
    files = sorted((tmp_path / generation).iterdir())
    chance = random.Random(7)
    for _ in range(200):
        path = chance.choice(files)
        content = path.read_bytes()
        at = chance.randrange(len(content))
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << chance.randrange(8))]) + content[at + 1 :])
        with pytest.raises(Integrity):
            open_generation(tmp_path, generation)
        path.write_bytes(content)
    open_generation(tmp_path, generation)


@pytest.mark.parametrize("harm", ["missing file", "extra file", "cut file", "no manifest", "no folder"])
def test_a_harmed_folder_is_refused(tmp_path: Path, harm: str) -> None:
    generation = write(tmp_path)
    folder = tmp_path / generation
    if harm == "missing file":
        (folder / "words.txt").unlink()
    elif harm == "extra file":
        (folder / "lists.faiss").write_bytes(b"an index nobody made")
    elif harm == "cut file":
        os.truncate(folder / "vectors.npy", 100)
    elif harm == "no manifest":
        (folder / "manifest.json").unlink()
    else:
        shutil.rmtree(folder)
    with pytest.raises(Integrity):
        open_generation(tmp_path, generation)


def test_writing_again_mends_a_harmed_generation(tmp_path: Path) -> None:
    generation = write(tmp_path)
    (tmp_path / generation / "words.txt").write_text("nothing")
    assert write(tmp_path) == generation
    open_generation(tmp_path, generation)


def test_a_killed_writer_leaves_only_whole_generations(tmp_path: Path) -> None:
    chance = random.Random(3)
    whole = 0
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for _ in range(2 + chance.randrange(6)):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    for folder in tmp_path.iterdir():
        if not folder.name.startswith(".new-"):
            open_generation(tmp_path, folder.name)
            whole += 1
    assert whole > 0
    abandoned = list(tmp_path.glob(".new-*"))
    discard_leftovers(tmp_path)
    assert list(tmp_path.glob(".new-*")) == abandoned  # another process may be writing there
    discard_leftovers(tmp_path, older_than=0)
    assert not list(tmp_path.glob(".new-*"))


def test_nothing_indexed_is_a_generation_too(tmp_path: Path) -> None:
    assert open_generation(tmp_path, write(tmp_path, size=0)).size == 0
