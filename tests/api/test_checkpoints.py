import time

from api.checkpoints import keep_signing
from cds.audit.checkpoints import FOLDER, newest_size, signing_key
from cds.audit.verify import verify
from tests.api.conftest import TestedServices


def append(services: TestedServices, count: int) -> None:
    with services.db.transaction() as tx:
        for number in range(count):
            services.log.append(tx, kind="test.done", actor=None, subject=str(number))


def wait_for(services: TestedServices, size: int) -> None:
    until = time.monotonic() + 20
    while newest_size(services.settings.data / FOLDER) < size and time.monotonic() < until:
        time.sleep(0.02)


def test_the_log_is_signed_while_the_service_runs_and_once_more_when_it_stops(services: TestedServices) -> None:
    folder = services.settings.data / FOLDER
    append(services, 3)
    stop = keep_signing(services, every=0.02)
    wait_for(services, 3)
    assert newest_size(folder) == 3
    append(services, 2)
    stop()
    assert newest_size(folder) == 5, "what was left is signed at the end"
    with services.db.reading() as tx:
        assert verify(tx, checkpoints=folder, key=signing_key(services.settings.data).verifier).ok


def test_a_folder_that_cannot_be_written_stops_nothing(services: TestedServices) -> None:
    (services.settings.data / FOLDER).write_text("a file where the folder should be")
    append(services, 1)
    stop = keep_signing(services, every=0.02)
    time.sleep(0.1)
    (services.settings.data / FOLDER).unlink()
    stop()
    assert newest_size(services.settings.data / FOLDER) == 1
