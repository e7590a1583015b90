from pathlib import Path

import pytest

from cds.errors import InvalidSetting
from cds.settings import load_settings


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('port = 9000\nlog_level = "debug"\n')
    settings = load_settings({"CDS_DATA": str(tmp_path), "CDS_PORT": "9001"})
    assert (settings.port, settings.log_level) == (9001, "debug")


def test_a_wrong_value_is_named_with_what_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match=r"CDS_LOG_LEVEL.*'debug', 'info', 'warning' or 'error'"):
        load_settings({"CDS_DATA": str(tmp_path), "CDS_LOG_LEVEL": "loud"})


def test_an_unknown_setting_is_refused_rather_than_ignored(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="CDS_PROT"):
        load_settings({"CDS_DATA": str(tmp_path), "CDS_PROT": "9001"})


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("port = = 1")
    with pytest.raises(InvalidSetting, match=r"settings\.toml"):
        load_settings({"CDS_DATA": str(tmp_path)})
