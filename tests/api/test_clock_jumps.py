"""The machine's clock jumps an hour: what is recorded keeps its order, nobody is locked out, and no hole opens."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from api.auth.accounts import add_account
from cds.actors import Role
from cds.audit.checkpoints import Checkpointer, signing_key
from cds.audit.verify import verify
from tests.api.conftest import ASKED, QUICK, TestedServices

Clients = Callable[[Role | None], TestClient]
HOUR = timedelta(hours=1)
JUMPS = pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])
PASSWORD = "a quiet winter morning"


def ask(client: TestClient) -> str:
    answer = client.post("/api/v1/consults", json={"question": ASKED})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def opens(client: TestClient) -> bool:
    return client.get("/api/v1/consults").status_code == 200


@JUMPS
def test_the_log_and_the_history_keep_the_order_of_recording(
    services: TestedServices, client_as: Clients, jump: timedelta
) -> None:
    before = ask(client_as(Role.PHYSICIAN))
    services.clock.at += jump
    client = client_as(Role.PHYSICIAN)
    after = ask(client)
    assert [one["id"] for one in client.get("/api/v1/consults").json()["consults"]] == [after, before]
    with services.db.reading() as tx:
        assert verify(tx).ok


def test_an_hour_forward_ends_a_sign_in_and_signing_in_again_works(
    services: TestedServices, client_as: Clients
) -> None:
    client = client_as(Role.PHYSICIAN)
    services.clock.at += HOUR
    assert not opens(client)
    assert opens(client_as(Role.PHYSICIAN))


def test_an_hour_back_keeps_a_sign_in_and_it_still_ends_after_a_quarter_of_an_hour_unused(
    services: TestedServices, client_as: Clients
) -> None:
    client = client_as(Role.PHYSICIAN)
    services.clock.at -= HOUR
    assert opens(client)
    services.clock.at += timedelta(minutes=14)
    assert opens(client)
    services.clock.at += timedelta(minutes=16)
    assert not opens(client)


def test_after_an_hour_back_somebody_who_mistyped_waits_a_minute_and_not_an_hour(
    services: TestedServices, client_as: Clients
) -> None:
    with services.db.transaction() as tx:
        add_account(
            tx,
            name="ada",
            display="Ada Byron",
            roles={Role.PHYSICIAN},
            password=QUICK.hash(PASSWORD),
            at=services.clock.now(),
        )
    client = client_as(None)

    def sign_in(password: str) -> int:
        return client.post("/sign-in", data={"name": "ada", "password": password}).status_code

    assert [sign_in("wrong") for _ in range(7)] == [401] * 5 + [429] * 2
    services.clock.at -= HOUR
    assert sign_in("wrong") == 401
    assert sign_in("wrong") == 429  # and guessing is slow again
    services.clock.at += timedelta(minutes=1)
    assert sign_in(PASSWORD) == 303


@JUMPS
def test_the_next_checkpoint_is_signed_all_the_same(
    services: TestedServices, client_as: Clients, jump: timedelta
) -> None:
    data = services.settings.data
    checkpointer = Checkpointer(services.db, folder=data / "checkpoints", key=signing_key(data), clock=services.clock)
    ask(client_as(Role.PHYSICIAN))
    first = checkpointer.write()
    services.clock.at += jump
    ask(client_as(Role.PHYSICIAN))
    assert checkpointer.due()
    second = checkpointer.write()
    assert first is not None and second is not None
    assert second.size > first.size
    with services.db.reading() as tx:
        assert verify(tx, checkpoints=data / "checkpoints", key=signing_key(data).verifier).ok
