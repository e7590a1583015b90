"""Weights on this machine, run inside this process by llama.cpp: the only home of xllamacpp."""

import atexit
import contextlib
import os
import queue
import shutil
import tempfile
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from cds.errors import CdsError, InvalidSetting, Unavailable
from cds.language_model import ModelIdentity, Skill
from cds.language_model.chat_model import ChatCompleter
from cds.language_model.digests import digest_of

# The prompt is read in pieces of this many tokens; between two of them (2 s on 2 cores) a cancelled question is let go.
_BATCH = 128
_ROLES = {"system": "system", "human": "user", "ai": "assistant"}


class LlamaChat(BaseChatModel):
    """A LangChain chat model over one GGUF file. No port: its socket lies in a folder only this user may enter."""

    path: str
    context: int = 4096
    threads: int = 0

    _server: Any = PrivateAttr(default=None)
    _folder: str | None = PrivateAttr(default=None)
    _one: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @property
    def _llm_type(self) -> str:
        return "llama.cpp"

    @property
    def socket(self) -> str:
        """The unix socket on which the same model speaks the OpenAI protocol."""
        self.load()
        return f"{self._folder}/model.sock"

    def load(self) -> None:
        """Read the weights; later calls do nothing."""
        with self._one:
            if self._server is not None:
                return
            # Waiting threads that spin take the cores from everything else: one token a second on a busy machine.
            os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
            import xllamacpp

            folder = tempfile.mkdtemp(prefix="cds-model-")  # mode 0700
            try:
                self._server = xllamacpp.Server(self._parameters(xllamacpp.CommonParams(), folder))
            except Exception as error:
                shutil.rmtree(folder, ignore_errors=True)
                raise InvalidSetting(
                    f"{Path(self.path).name} cannot be loaded as a language model: it is damaged, of unknown kind, "
                    "or too large for this machine's memory. Fetch it again, or choose another with `cds models`.",
                    code="model_unreadable",
                ) from error
            self._folder = folder
        # At the end of the process its threads must have ended before the interpreter does, or the process aborts.
        atexit.register(self.close)

    def close(self) -> None:
        """Let go of the memory and of the socket."""
        with self._one:
            self._server = None
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None

    def get_num_tokens(self, text: str) -> int:
        from cds.language_model.tokens import estimate

        return estimate(text)

    def _parameters(self, p: Any, folder: str) -> Any:
        p.model.path = self.path
        p.hostnames = [f"{folder}/model.sock"]
        p.n_ctx = self.context
        p.n_parallel = 1  # one question at a time: two at once on the same cores are both late
        p.n_batch = p.n_ubatch = _BATCH
        p.cpuparams.n_threads = p.cpuparams_batch.n_threads = self.threads or (os.cpu_count() or 1)
        p.cache_ram_mib = (
            0  # the prefix stays warm in the slot itself; old prompts are not kept, they may name a patient
        )
        p.cache_idle_slots = False
        p.verbosity = -1  # llama.cpp would print prompts
        p.offline = True
        p.warmup = False
        p.ui = p.endpoint_slots = p.endpoint_props = p.endpoint_metrics = False
        return p

    def _request(self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> dict[str, Any]:
        schema = options.get("schema")
        request: dict[str, Any] = {
            "messages": [{"role": _ROLES[message.type], "content": message.text} for message in messages],
            "max_tokens": options.get("max_tokens", 256),
            "temperature": 0.0,
            "seed": 0,
            "cache_prompt": True,
            "stream": True,
            "stream_options": {"include_usage": True},
            "return_progress": True,  # one event a batch, so that a long prompt can be stopped too
        }
        if stop:
            request["stop"] = stop
        if schema is not None:
            # A grammar of our own: what llama.cpp makes of a response format allows blanks between all tokens of JSON
            # (a fifth of the output of small models) and, with some chat templates, a code fence around it.
            compact = orjson.dumps({"x-guidance": {"whitespace_flexible": False}, **schema}).decode()
            request["grammar"] = f"%llguidance {{}}\nstart: %json {compact}\n"
        return request

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        """Chunks as they come; closing the iterator stops the model."""
        self.load()
        events: queue.Queue[Any] = queue.Queue()
        let_go = threading.Event()

        def hear(event: Any) -> bool:
            events.put(event)
            return let_go.is_set()  # true makes llama.cpp drop the request and free its slot

        def run() -> None:
            with self._one:
                try:
                    server = self._server
                    if server is not None and not let_go.is_set():
                        server.handle_chat_completions(self._request(messages, stop, kwargs), hear)
                    events.put(None)
                except Exception as error:
                    events.put(error)

        threading.Thread(target=run, name="llama", daemon=True).start()
        try:
            while (event := events.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield _chunk(event)
        finally:
            let_go.set()

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        text = "".join(str(chunk.message.text) for chunk in self._stream(messages, stop, run_manager, **kwargs))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])


def in_process_model(
    path: Path, *, name: str, skill: Skill, context: int, threads: int, digests: Path | None = None
) -> ChatCompleter:
    """The model in this file. Its weights are read when the first question comes."""
    if not path.is_file():
        raise InvalidSetting(f"There is no model file {path}. Fetch one with `cds models fetch`.", code="no_model_file")
    chat = LlamaChat(path=str(path), context=context, threads=threads)
    identity = ModelIdentity(name, digest_of(path, kept=digests), f"xllamacpp {version('xllamacpp')}", skill, context)

    def options(schema: dict[str, Any], max_tokens: int, seconds: float) -> dict[str, Any]:
        return {"schema": schema, "max_tokens": max_tokens}

    return ChatCompleter(chat, identity=identity, options=options, translate=_translated)


def _translated(error: Exception) -> Unavailable:
    code = error.code if isinstance(error, CdsError) else "model_failed"
    return Unavailable("The language model on this machine failed.", code=code)


def _chunk(event: dict[str, Any]) -> ChatGenerationChunk:
    if "error" in event:
        raise Unavailable("The language model on this machine failed.", code="model_failed")
    text = ""
    with contextlib.suppress(LookupError):
        text = event["choices"][0]["delta"].get("content") or ""
    usage = event.get("usage")
    spent = None
    if usage:
        spent = UsageMetadata(
            input_tokens=usage["prompt_tokens"],
            output_tokens=usage["completion_tokens"],
            total_tokens=usage["total_tokens"],
        )
    return ChatGenerationChunk(message=AIMessageChunk(content=text, usage_metadata=spent))
