"""A broken or hostile file costs one refusal: never the run, never another file."""

import pytest

from ingest.documents.pool import Readers
from ingest.documents.refusals import REASONS, Refused
from knowledge.editions import NewDocument
from tests.ingest.documents.broken import Expected, every_broken_file

FILES = every_broken_file()


@pytest.fixture(scope="module")
def results() -> dict[str, NewDocument | Refused]:
    with Readers(2) as readers:
        return {
            name: result for (name, _, _), result in readers.each(FILES, lambda file: (file[1], f"x/{file[0]}", None))
        }


def test_there_are_at_least_sixty() -> None:
    assert len({name for name, _, _ in FILES}) == len(FILES) >= 60


@pytest.mark.parametrize(
    ("name", "expected"), [(name, expected) for name, _, expected in FILES], ids=lambda one: str(one)
)
def test_a_file(name: str, expected: Expected, results: dict[str, NewDocument | Refused]) -> None:
    result = results[name]
    code = result.code if isinstance(result, Refused) else None
    assert code in (expected if isinstance(expected, tuple) else (expected,))
    if isinstance(result, Refused):
        assert result.code in REASONS
        assert result.message.endswith(".")
    else:
        assert result.passages
        for passage in result.passages:
            assert result.text[passage.start : passage.end].strip()
