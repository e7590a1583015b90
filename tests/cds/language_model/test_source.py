from pathlib import Path

import pytest

from cds.errors import InvalidSetting, Unavailable
from cds.language_model import LanguageModel
from cds.language_model.source import ModelSource
from cds.settings import Settings
from tests.cds.fakes import Scripted


def test_a_server_that_is_away_means_quoting_and_is_asked_again_after_a_minute(tmp_path: Path) -> None:
    now, tries = [0.0], [0]

    def away_at_first(settings: Settings) -> LanguageModel | None:
        tries[0] += 1
        if tries[0] == 1:
            raise Unavailable("The server sleeps.")
        return Scripted()

    source = ModelSource(Settings(data=tmp_path), open_one=away_at_first, now=lambda: now[0])
    assert source.current() is None
    assert source.trouble == "The server sleeps."
    assert source.current() is None
    assert tries == [1]
    now[0] = 61.0
    assert source.current() is source.current() is not None
    assert (tries, source.trouble) == ([2], None)


def test_a_wrong_setting_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting):
        ModelSource(Settings(data=tmp_path, model="/nowhere/model.gguf")).current()
