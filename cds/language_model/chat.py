"""A model served elsewhere in the house: any OpenAI-compatible server (vLLM, llama.cpp, Ollama, SGLang, …)."""

import hashlib
import re
from typing import Any
from urllib.parse import urlsplit

import httpx
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_openai import ChatOpenAI
from openai import APIConnectionError, APITimeoutError, AuthenticationError, BadRequestError, NotFoundError, OpenAIError
from pydantic import SecretStr

from cds.errors import InvalidSetting, Unavailable
from cds.language_model import Draft, ModelIdentity, Skill
from cds.language_model.chat_model import ChatCompleter
from cds.language_model.tokens import estimate

# A server of the house answers its first byte within this; the whole completion has its own deadline.
_CONNECT_SECONDS = 5.0
_FORMATS = ("json_schema", "json_object", "none")


class ServedModel:
    """Completes on the server; steps down from schema to plain JSON once, when the server knows no schemas."""

    def __init__(self, address: str, *, identity: ModelIdentity, key: str, client: httpx.Client) -> None:
        self._address = address
        self._identity = identity
        self._chat = _chat_openai(address, identity.name, key, client)
        self._format = 0

    @property
    def identity(self) -> ModelIdentity:
        return self._identity

    def complete(self, **asked: Any) -> Draft:
        """As the protocol says; the server's refusal of a response format is not a failure."""
        while True:
            try:
                return self._completer(_FORMATS[self._format]).complete(**asked)
            except Unavailable as error:
                if error.code != "model_refused_format" or self._format == len(_FORMATS) - 1:
                    raise
                self._format += 1

    def _completer(self, form: str) -> ChatCompleter:
        def options(schema: dict[str, Any], max_tokens: int, seconds: float) -> dict[str, Any]:
            chosen: dict[str, Any] = {"max_tokens": max_tokens, "timeout": seconds}
            wanted = {"name": "answer", "strict": True, "schema": schema}
            # As a plain field of the body: LangChain's own way for it fails when the first piece carries no role.
            if form == "json_schema":
                chosen["extra_body"] = {"response_format": {"type": form, "json_schema": wanted}}
            elif form == "json_object":
                chosen["extra_body"] = {"response_format": {"type": form}}
            return chosen

        return ChatCompleter(self._chat, identity=self._identity, options=options, translate=_translated)


def served_model(
    address: str,
    *,
    name: str | None,
    key: str | None,
    skill: Skill,
    context: int,
    transport: httpx.BaseTransport | None = None,
) -> ServedModel:
    """The model behind this address; without a name, the only one the server lists."""
    client = _client(transport)
    listed = _models(address, client, key)
    if name is None:
        if len(listed) != 1:
            raise InvalidSetting(
                f"The server offers {len(listed)} models. Set CDS_MODEL_NAME to one: {', '.join(sorted(listed)[:12])}.",
                code="model_not_named",
            )
        name = next(iter(listed))
    elif listed and name not in listed:
        raise InvalidSetting(
            f"The server has no model {name}. Set CDS_MODEL_NAME to one of: {', '.join(sorted(listed)[:12])}.",
            code="model_not_served",
        )
    # The weights are elsewhere: what the server says of the model is all there is to tell it by.
    digest = hashlib.sha256(f"{name}\n{listed.get(name, '')}".encode()).hexdigest()
    host = urlsplit(address).netloc.rpartition("@")[2]
    identity = ModelIdentity(name, digest, f"openai-compatible {host}", skill, context)
    return ServedModel(address, identity=identity, key=key or "none", client=client)


def _client(transport: httpx.BaseTransport | None) -> httpx.Client:
    # No proxy from the environment and no redirect: the question goes to the configured host, or nowhere.
    return httpx.Client(
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(60.0, connect=_CONNECT_SECONDS),
    )


def _chat_openai(address: str, name: str, key: str, client: httpx.Client) -> BaseChatModel:
    return ChatOpenAI(
        base_url=address,
        model=name,
        api_key=SecretStr(key),
        temperature=0.0,
        seed=0,
        max_retries=0,  # one deadline for the whole answer; the consult itself asks again when the form is wrong
        stream_usage=True,
        http_client=client,
        http_socket_options=(),
        use_responses_api=False,
        custom_get_token_ids=_offline_tokens,
    )


def _offline_tokens(text: str) -> list[int]:
    return [0] * estimate(text)  # counting exactly would fetch tables from the internet


def _models(address: str, client: httpx.Client, key: str | None) -> dict[str, str]:
    """What the server lists: each model with what it says of it."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        answer = client.get(f"{address.rstrip('/')}/models", headers=headers, timeout=_CONNECT_SECONDS)
        answer.raise_for_status()
        data = answer.json()["data"]
        return {str(one["id"]): re.sub(r"'created': [\d.]+", "", str(sorted(one.items()))) for one in data}
    except (httpx.HTTPError, ValueError, LookupError, TypeError, AttributeError):
        raise Unavailable(
            f"No OpenAI-compatible server answers at {urlsplit(address).netloc.rpartition('@')[2]}. Start it, or set "
            "CDS_MODEL to its address ending in /v1.",
            code="model_unreachable",
        ) from None


def _translated(error: Exception) -> Unavailable:
    for kind, code, text in _ERRORS:
        if isinstance(error, kind):
            return Unavailable(text, code=code)
    return Unavailable(
        "The language model's server answered with something that is not an answer.", code="model_failed"
    )


_ERRORS: tuple[tuple[type[Exception], str, str], ...] = (
    (APITimeoutError, "model_too_slow", "The language model did not answer in time."),
    (APIConnectionError, "model_unreachable", "The language model's server cannot be reached."),
    (httpx.TimeoutException, "model_too_slow", "The language model did not answer in time."),
    (httpx.TransportError, "model_unreachable", "The connection to the language model's server broke."),
    (BadRequestError, "model_refused_format", "The language model's server refused the request."),
    (AuthenticationError, "model_refused_key", "The language model's server refused the key."),
    (NotFoundError, "model_not_served", "The server has no model of that name."),
    (OpenAIError, "model_failed", "The language model's server failed."),
)
