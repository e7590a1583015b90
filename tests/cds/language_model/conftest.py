"""The real runtime over the smallest weights there are, and a server that misbehaves on demand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cds.language_model.in_process import LlamaChat
from tests.weights import small_model_path


@pytest.fixture(scope="session")
def small_model() -> Path:
    """The file of the 135M model; fetched before pytest, for inside it the network is refused."""
    path = small_model_path()
    if not path.exists():
        pytest.skip("the small model is not here: run `python -m tests.weights` first")
    return path


@pytest.fixture(scope="session")
def llama(small_model: Path) -> Iterator[LlamaChat]:
    """The running model; one for all tests of a worker."""
    chat = LlamaChat(path=str(small_model), context=2048, threads=2)
    yield chat
    chat.close()
