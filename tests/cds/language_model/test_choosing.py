import shutil
from pathlib import Path

import pytest

from cds.errors import InvalidSetting, Unavailable
from cds.language_model.choosing import open_model, remember_trial
from cds.settings import Settings
from tests.weights import SHA256


def settings(tmp_path: Path, **given: object) -> Settings:
    return Settings.model_validate({"data": tmp_path, **given})


def test_without_weights_answers_are_quoted(tmp_path: Path) -> None:
    assert open_model(settings(tmp_path)) is None
    assert open_model(settings(tmp_path, model="none")) is None


def test_a_catalogued_file_has_the_skill_the_catalogue_found(tmp_path: Path, small_model: Path) -> None:
    folder = settings(tmp_path).weights
    folder.mkdir()
    shutil.copy(small_model, folder)
    model = open_model(settings(tmp_path, model="smollm2-135m"))
    assert model is not None
    assert (model.identity.skill, model.identity.digest) == ("none", SHA256)


def test_a_trial_overrules_the_first_guess(tmp_path: Path, small_model: Path) -> None:
    remember_trial(settings(tmp_path).weights, SHA256, "select")
    model = open_model(settings(tmp_path, model=str(small_model)))
    assert model is not None
    assert model.identity.skill == "select"


def test_a_small_file_nobody_tried_is_unfit(tmp_path: Path, small_model: Path) -> None:
    renamed = tmp_path / "other.gguf"
    renamed.symlink_to(small_model)
    model = open_model(settings(tmp_path, model=str(renamed)))
    assert model is not None
    assert model.identity.skill == "none"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="cds models fetch"):
        open_model(settings(tmp_path, model="/nowhere/model.gguf"))


def test_a_model_too_large_for_one_process_is_to_be_served(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="CDS_MODEL_NAME"):
        open_model(settings(tmp_path, model="deepseek-v3"))


def test_a_server_that_is_down_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        open_model(settings(tmp_path, model="http://127.0.0.1:9/v1"))
