"""A setting or a model that is another than before is an entry, once."""

from typing import Any

from api.configuration import MODEL_CHANGED, SETTINGS_CHANGED, note_model, note_settings
from cds.audit.listing import EntryFilter, list_entries
from cds.language_model import ModelIdentity
from cds.settings import Settings
from tests.api.conftest import TestedServices
from tests.cds.fakes import Scripted


def entries(services: TestedServices, kind: str) -> list[dict[str, Any]]:
    with services.db.reading() as tx:
        return [entry.details for entry in list_entries(tx, EntryFilter(kind=kind))[0]]


def start(services: TestedServices, **changed: Any) -> None:
    settings = Settings.model_validate({**dict(services.settings), **changed})
    note_settings(services.db, services.log, settings, software="0.1.0")


def test_a_changed_setting_is_an_entry_that_names_it(services: TestedServices) -> None:
    start(services)
    start(services)
    start(services, answer_seconds=30.0, model="none")
    start(services, answer_seconds=30.0, model="none")
    newest, first = entries(services, SETTINGS_CHANGED)
    assert newest["changed"] == ["answer_seconds"] and newest["settings"]["answer_seconds"] == "30.0"
    assert "model" in first["changed"] and first["settings"]["software"] == "0.1.0"


def test_a_new_version_of_the_service_is_an_entry_too(services: TestedServices) -> None:
    start(services)
    note_settings(services.db, services.log, services.settings, software="0.2.0")
    assert entries(services, SETTINGS_CHANGED)[0]["changed"] == ["software"]


def test_a_password_in_the_databases_address_is_not_written(services: TestedServices) -> None:
    start(services, database="postgresql://cds:hunter2@db.example/cds")
    assert "hunter2" not in str(entries(services, SETTINGS_CHANGED))


def test_another_model_is_an_entry_with_the_one_before(services: TestedServices) -> None:
    other = Scripted()
    other.identity = ModelIdentity("other", "e" * 64, "test", "draft", 4096)
    for model in (None, Scripted(), Scripted(), other, None, None):
        note_model(services.db, services.log, model)
    found = [(one["before"], one["digest"]) for one in entries(services, MODEL_CHANGED)]
    assert found == [("e" * 64, None), ("d" * 64, "e" * 64), (None, "d" * 64)]


def test_the_model_that_answers_is_noted_before_it_answers(services: TestedServices) -> None:
    class Wired(TestedServices):
        consult_parts = TestedServices.__mro__[1].consult_parts  # type: ignore[attr-defined]
        model = property(lambda self: Scripted())  # type: ignore[assignment]

    made = Wired(services.settings, clock=services.clock, database=services.db, shelf=services.shelf)
    for _ in range(2):
        made.consult_parts()
    assert [one["name"] for one in entries(services, MODEL_CHANGED)] == ["scripted"]
