from pathlib import Path
from typing import Any

import orjson
import pytest

from api.cli import main
from cds.language_model.choosing import keep_setting, tried_skill
from cds.settings import load_settings
from tests.weights import SHA256, small_model_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--json"])
    printed = capsys.readouterr().out
    return ended.value.code or 0, orjson.loads(printed)


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDS_DATA", str(tmp_path))
    monkeypatch.delenv("CDS_MODEL", raising=False)
    return tmp_path


def test_the_catalogue_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(capsys, "models")
    assert code == 0
    assert {"machine", "in_use", "models"} == set(document)
    line = next(one for one in document["models"] if one["name"] == "deepseek-r1")
    assert set(line["memory_gib"]) == {"4", "8", "16"}
    assert document["in_use"] == {"setting": "auto", "answers": "quoted", "trouble": None}


def test_a_model_is_fetched_from_a_folder(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    if not small_model_path().exists():
        pytest.skip("the small model is not here: run `python -m tests.weights` first")
    code, document = run(capsys, "models", "fetch", "smollm2-135m", "--from", str(small_model_path().parent))
    assert (code, document["sha256"]) == (0, SHA256)
    assert Path(document["file"]).is_relative_to(data)


def test_an_unknown_model_is_one_sentence_and_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    code, document = run(capsys, "models", "fetch", "gpt-9")
    assert (code, document["error"]["code"]) == (1, "unknown_model")


def test_an_unfit_model_is_not_put_in_use(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    if not small_model_path().exists():
        pytest.skip("the small model is not here: run `python -m tests.weights` first")
    code, document = run(capsys, "models", "use", str(small_model_path()))
    assert (code, document["skill"], document["in_use"]) == (0, "none", False)
    assert [trial["skill"] for trial in document["trials"]] == ["draft", "select"]
    assert not (data / "settings.toml").exists()
    assert tried_skill(data / "models", SHA256) is None


def test_a_model_put_in_use_is_what_the_next_start_reads(data: Path) -> None:
    (data / "settings.toml").write_text('port = 9000\nmodel = "none"\n')
    keep_setting(data, model="http://127.0.0.1:8000/v1", model_name='a "model"')
    settings = load_settings({"CDS_DATA": str(data)})
    assert (settings.port, settings.model, settings.model_name) == (9000, "http://127.0.0.1:8000/v1", 'a "model"')


def test_models_are_compared_on_the_site_s_own_questions(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    if not small_model_path().exists():
        pytest.skip("the small model is not here: run `python -m tests.weights` first")
    cases = data / "own.jsonl"
    cases.write_text('{"id": "1", "question": "How is gout treated?", "status": "unanswerable"}\n')
    code, document = run(capsys, "models", "compare", str(small_model_path()), "--cases", str(cases))
    (line,) = document["models"]
    assert (code, document["smallest_that_passes"]) == (0, None)
    assert (line["skill"], line["passes"], line["abstention"]) == ("none", False, 1.0)
