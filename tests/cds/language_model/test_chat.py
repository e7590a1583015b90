"""Driven through ChatOpenAI: a real server over the small model, and one that misbehaves in every way we know."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from cds.errors import InvalidSetting, Unavailable
from cds.language_model import Draft
from cds.language_model.chat import ServedModel, served_model
from cds.language_model.in_process import LlamaChat
from tests.cds.language_model.server import Answer, Server, model_server

SCHEMA = {
    "type": "object",
    "properties": {"answered": {"enum": ["yes", "no"]}},
    "required": ["answered"],
    "additionalProperties": False,
}


@pytest.fixture
def serving() -> Iterator[Callable[[Answer], tuple[ServedModel, list[dict[str, Any]]]]]:
    with ExitStack() as servers:

        def start(answers: Answer) -> tuple[ServedModel, list[dict[str, Any]]]:
            address, asked = servers.enter_context(model_server(answers))
            return served_model(address, name=None, key="k", skill="draft", context=8192), asked

        yield start


def ask(model: ServedModel, *, seconds: float = 10) -> Draft:
    return model.complete(system="s", user="u", schema=SCHEMA, max_tokens=30, seconds=seconds, cancelled=lambda: False)


def refused_as(model: ServedModel, *, seconds: float = 10) -> str:
    with pytest.raises(Unavailable) as refused:
        ask(model, seconds=seconds)
    return refused.value.code


def test_a_real_server_answers_by_the_schema(llama: LlamaChat) -> None:
    model = served_model(
        "http://model/v1",
        name=None,
        key=None,
        skill="select",
        context=2048,
        transport=httpx.HTTPTransport(uds=llama.socket),
    )
    draft = ask(model, seconds=60)
    assert json.loads(draft.text)["answered"] in ("yes", "no")
    assert draft.prompt_tokens > 0


def test_the_request_carries_the_schema_and_no_chance(serving: Any) -> None:
    model, asked = serving(lambda server, body: server.stream('{"answered":', '"yes"}'))
    draft = ask(model)
    assert (draft.text, draft.prompt_tokens, draft.completion_tokens) == ('{"answered":"yes"}', 7, 3)
    (body,) = asked
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA
    assert (body["temperature"], body["seed"], body["model"]) == (0.0, 0, "district-8b")


def test_a_stream_whose_first_piece_has_no_role_is_read(serving: Any) -> None:
    model, _ = serving(lambda server, body: server.stream('{"answered":"no"}', role=False))
    assert ask(model).text == '{"answered":"no"}'


def test_what_a_reasoning_model_thinks_is_not_part_of_its_answer(serving: Any) -> None:
    model, _ = serving(lambda server, body: server.stream("<think>Maybe", ' {"answered":"yes"}</think>', "{}"))
    assert ask(model).text == "{}"


def test_a_thought_that_never_ends_is_no_answer(serving: Any) -> None:
    model, _ = serving(lambda server, body: server.stream("<think>I wonder"))
    assert ask(model).text == ""


def test_a_server_that_hangs_is_given_up_at_the_deadline(serving: Any) -> None:
    let_go = threading.Event()
    model, _ = serving(lambda server, body: let_go.wait(20))
    assert refused_as(model, seconds=0.5) == "model_too_slow"
    let_go.set()


def test_a_server_that_trickles_is_given_up_at_the_deadline(serving: Any) -> None:
    model, _ = serving(lambda server, body: server.stream(*["x"] * 100, pause=0.05))
    assert refused_as(model, seconds=0.5) == "model_too_slow"


def test_a_connection_that_is_reset_is_named(serving: Any) -> None:
    def reset(server: Server, body: dict[str, Any]) -> None:
        server.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        server.connection.close()

    model, _ = serving(reset)
    assert refused_as(model) == "model_unreachable"


def test_a_stream_that_breaks_off_leaves_what_was_said(serving: Any) -> None:
    model, _ = serving(lambda server, body: server.stream('{"answ', end=False))
    assert ask(model).text == '{"answ'  # not JSON: the reader of the draft asks again, then quotes


def test_garbage_instead_of_a_stream_is_no_answer(serving: Any) -> None:
    def garbage(server: Server, body: dict[str, Any]) -> None:
        server._send(200, b"data: \xff\xfe{not json\n\n", "text/event-stream")

    model, _ = serving(garbage)
    assert refused_as(model) == "model_failed"


def test_ten_megabytes_are_not_read_to_the_end(serving: Any) -> None:
    model, _ = serving(lambda server, body: server.stream(*["x" * 100_000] * 100))
    assert refused_as(model) == "model_talks_too_much"


def test_an_error_of_the_server_is_named(serving: Any) -> None:
    model, _ = serving(lambda server, body: server._send(500, b'{"error":{"message":"out of memory"}}'))
    assert refused_as(model) == "model_failed"


def test_a_refused_key_is_named(serving: Any) -> None:
    model, _ = serving(lambda server, body: server._send(401, b'{"error":{"message":"no"}}'))
    assert refused_as(model) == "model_refused_key"


def test_a_model_that_went_away_is_named(serving: Any) -> None:
    model, _ = serving(lambda server, body: server._send(404, b'{"error":{"message":"no such model"}}'))
    assert refused_as(model) == "model_not_served"


def test_a_server_without_schemas_is_asked_for_plain_json(serving: Any) -> None:
    def old(server: Server, body: dict[str, Any]) -> None:
        if body["response_format"]["type"] == "json_schema":
            server._send(400, b'{"error":{"message":"unknown response_format"}}')
        else:
            server.stream('{"answered":"no"}')

    model, asked = serving(old)
    assert ask(model).text == ask(model).text == '{"answered":"no"}'
    assert [body["response_format"]["type"] for body in asked] == ["json_schema", "json_object", "json_object"]


def test_a_redirect_to_another_host_is_not_followed(serving: Any) -> None:
    def redirect(server: Server, body: dict[str, Any]) -> None:
        server.send_response(307)
        server.send_header("Location", "http://192.0.2.1/v1/chat/completions")
        server.send_header("Content-Length", "0")
        server.end_headers()

    model, _ = serving(redirect)
    assert refused_as(model) == "model_failed"


def test_a_wrong_model_name_is_refused_with_the_right_ones(serving: Any) -> None:
    model, _ = serving(lambda server, body: None)
    with pytest.raises(InvalidSetting, match="district-8b"):
        served_model(model._address, name="other", key=None, skill="draft", context=8192)


def test_no_server_is_named_without_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9") as refused:
        served_model("http://user:secret@127.0.0.1:9/v1", name=None, key="hidden", skill="draft", context=8192)
    assert "secret" not in str(refused.value)
    assert "hidden" not in str(refused.value)


def test_tokens_are_counted_without_the_internet(serving: Any) -> None:
    model, _ = serving(lambda server, body: None)
    assert model._chat.get_num_tokens("Offer amlodipine 5 mg.") > 4
