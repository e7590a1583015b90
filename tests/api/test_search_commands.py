"""`cds search` and `cds evaluate retrieval`: one JSON document, or a sentence with a code."""

from pathlib import Path

import orjson
import pytest

from api.cli import main

SMALL = Path(__file__).parents[1] / "data" / "beir_small"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, object]]:
    """The exit status and the one JSON document of a command."""
    try:
        main(arguments)
        status = 0
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, orjson.loads(capsys.readouterr().out)


def test_an_empty_library_gives_an_empty_list(capsys: pytest.CaptureFixture[str]) -> None:
    status, document = run(capsys, "search", "first drug for hypertension", "--json")
    assert status == 0
    assert (document["hits"], document["generation"], document["relevance"]) == ([], None, 0.0)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("search", " ", "--json"), "empty_question"),
        (("search", "fever", "--limit", "0", "--json"), "invalid_limit"),
        (("search", "fever", "--as-of", "yesterday", "--json"), "invalid_date"),
        (("search", "fever", "--patient", "nobody", "--json"), "no_patient"),
        (("evaluate", "retrieval", "--beir", "/nowhere", "--json"), "not_a_test_set"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_code(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: str
) -> None:
    status, document = run(capsys, *arguments)
    assert status == 1
    assert document["error"]["code"] == code  # type: ignore[index]


def test_retrieval_is_measured_as_the_contract_says(capsys: pytest.CaptureFixture[str]) -> None:
    status, report = run(capsys, "evaluate", "retrieval", "--beir", str(SMALL), "--baselines", "--json")
    assert status == 0
    assert set(report["ms_per_query"]) == {"p50", "p95"}  # type: ignore[call-overload]
    assert set(report["baselines"]) == {"bm25", "dense", "rrf", "langchain_faiss"}  # type: ignore[call-overload]
