"""The official OpenAI client against the service."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.auth.accounts import Account
from api.auth.tokens import Scope, add_token
from cds.actors import Role
from cds.tables_recommendations import recommendations
from tests.api.conftest import ASKED, TestedServices
from tests.cds.fakes import Scripted


@pytest.fixture
def token(services: TestedServices, account_of: Callable[[Role], Account]) -> str:
    account = account_of(Role.PHYSICIAN)
    with services.db.transaction() as tx:
        return add_token(
            tx, account, name="chat", scopes={Scope.CONSULT}, at=services.clock.now(), lasts=timedelta(days=1)
        )[0]


@pytest.fixture
def client(app: FastAPI, token: str) -> Iterator[openai.OpenAI]:
    with TestClient(app) as served:

        def forward(request: httpx.Request) -> httpx.Response:
            headers = {name: value for name, value in request.headers.items() if name != "host"}
            answer = served.request(request.method, request.url.path, content=request.content, headers=headers)
            return httpx.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)

        transport = httpx.MockTransport(forward)
        made = openai.OpenAI(
            api_key=token,
            base_url="http://testserver/v1",
            max_retries=0,
            http_client=httpx.Client(transport=transport),
        )
        yield made
        made.close()


def ask(client: openai.OpenAI, question: str = ASKED, **more: Any) -> Any:
    return client.chat.completions.create(
        model="evidence-cds", messages=[{"role": "user", "content": question}], **more
    )


def test_the_service_is_the_one_model(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["evidence-cds"]


def test_the_reply_is_the_checked_answer_and_is_recorded(client: openai.OpenAI, services: TestedServices) -> None:
    answer = ask(client)
    content = answer.choices[0].message.content
    assert "Offer amlodipine 5 mg once daily" in content and "[1] High blood pressure in adults" in content
    with services.db.reading() as tx:
        assert answer.id.removeprefix("chatcmpl-") in tx.scalars(select(recommendations.c.id)).all()


def test_what_the_library_does_not_answer_is_said_so(client: openai.OpenAI) -> None:
    content = ask(client, "How do I repair a bicycle chain?").choices[0].message.content
    assert "do not answer this question" in content and "Sources:" not in content


def test_what_the_model_made_up_never_reaches_the_chat(client: openai.OpenAI, services: TestedServices) -> None:
    services.model_ = Scripted(
        '{"answered":"yes","statements":[{"cites":["1"],"text":"Offer amlodipine 50 mg once daily."}]}',
        '{"answered":"yes","statements":[{"cites":["1"],"text":"Offer amlodipine 50 mg once daily."}]}',
    )
    assert "50 mg" not in ask(client).choices[0].message.content


def test_a_stream_begins_with_the_role_and_sends_the_answer_whole(client: openai.OpenAI) -> None:
    chunks = list(ask(client, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "amlodipine" in chunks[1].choices[0].delta.content
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"model": "gpt-4"}, openai.NotFoundError),
        ({"messages": [{"role": "system", "content": "hello"}]}, openai.UnprocessableEntityError),
        ({"metadata": {"patient": "absent"}}, openai.NotFoundError),
    ],
)
def test_errors_are_those_the_client_knows(client: openai.OpenAI, change: dict[str, Any], error: type) -> None:
    asked = {"model": "evidence-cds", "messages": [{"role": "user", "content": ASKED}], **change}
    with pytest.raises(error):
        client.chat.completions.create(**asked)


def test_a_wrong_key_is_an_authentication_error(client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        ask(client.with_options(api_key="cds_wrong"))
