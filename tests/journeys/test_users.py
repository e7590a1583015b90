"""Accounts and tokens from the command line; the first administrator is made this way."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.conftest import Command

PASSWORD = "a quiet winter morning"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """What stands on standard input."""

    def type_in(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))

    return type_in


@pytest.mark.usefixtures("empty_data")
def test_the_first_administrator_is_made_by_a_command(cds: Command, typed: Callable[[str], None]) -> None:
    typed(PASSWORD)
    made = cds("users", "add", "Ada", "--role", "administrator", "--display", "Ada Byron", "--json")
    assert made.status == 0 and made.json["name"] == "ada" and made.json["roles"] == ["administrator"]
    assert PASSWORD not in made.out + made.err
    assert [account["name"] for account in cds("users", "list", "--json").json["accounts"]] == ["ada"]
    kinds = [entry["kind"] for entry in cds("audit", "list", "--json").json["entries"]]
    assert "account.added" in kinds


@pytest.mark.usefixtures("empty_data")
@pytest.mark.parametrize("weak", ["short", "password12345", "aaaaaaaaaaaaaaa", "my name is ada ok"])
def test_a_weak_password_is_refused_with_what_to_do(cds: Command, typed: Callable[[str], None], weak: str) -> None:
    typed(weak)
    refused = cds("users", "add", "ada", "--role", "physician")
    assert refused.status == 1 and "[weak_password]" in refused.err


@pytest.mark.usefixtures("empty_data")
def test_a_token_is_printed_once_and_kept_as_a_hash(
    cds: Command, typed: Callable[[str], None], empty_data: Path
) -> None:
    typed(PASSWORD)
    assert cds("users", "add", "ehr", "--role", "physician").status == 0
    made = cds("users", "token", "ehr", "--scope", "consult", "--scope", "decide", "--days", "30", "--json").json
    assert made["token"].startswith("cds_") and made["scopes"] == ["consult", "decide"]
    assert made["token"] not in cds("audit", "list", "--json").out


@pytest.mark.usefixtures("empty_data")
def test_an_unknown_account_is_a_sentence(cds: Command) -> None:
    answer = cds("users", "disable", "nobody")
    assert answer.status == 1 and "There is no account named nobody" in answer.err
