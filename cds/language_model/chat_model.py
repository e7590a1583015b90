"""Any LangChain chat model as the `LanguageModel` a consult needs: one schema, one deadline, one way to stop."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from cds.errors import Unavailable
from cds.language_model import Draft, ModelIdentity

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

# A draft by our schemas is below 4 kB; a server that sends more than this is not answering the question.
MOST_CHARACTERS = 64_000
# How soon a press of "cancel" is noticed; short enough to feel at once, long enough to cost nothing.
_LOOK_SECONDS = 0.05


class ChatCompleter:
    """Streams one completion in a thread of its own, so that neither a slow nor a silent model can hold a consult."""

    def __init__(
        self,
        chat: "BaseChatModel",
        *,
        identity: ModelIdentity,
        options: Callable[[dict[str, Any], int, float], dict[str, Any]],
        translate: Callable[[Exception], Unavailable],
    ) -> None:
        self._chat = chat
        self._identity = identity
        self._options = options
        self._translate = translate

    @property
    def identity(self) -> ModelIdentity:
        return self._identity

    def close(self) -> None:
        """Let go of the model's memory, where it is in this process."""
        close = getattr(self._chat, "close", None)
        if close is not None:
            close()

    def complete(
        self,
        *,
        system: str,
        user: str,
        schema: dict[str, Any],
        max_tokens: int,
        seconds: float,
        cancelled: Callable[[], bool],
    ) -> Draft:
        """One completion; raises `Unavailable` when it fails, is cancelled, or is not done in time."""
        began = time.monotonic()
        stop = threading.Event()
        pieces: queue.Queue[Any] = queue.Queue()

        def work() -> None:
            try:
                for piece in self._stream(system, user, self._options(schema, max_tokens, seconds)):
                    pieces.put(piece)
                    if stop.is_set():
                        return
                pieces.put(None)
            except Exception as error:
                pieces.put(error)

        threading.Thread(target=work, name="completion", daemon=True).start()
        text, usage = "", (0, 0)
        try:
            while True:
                if cancelled():
                    raise Unavailable("The question was cancelled.", code="cancelled")
                if time.monotonic() - began > seconds:
                    raise Unavailable("The language model did not answer in time.", code="model_too_slow")
                try:
                    piece = pieces.get(timeout=_LOOK_SECONDS)
                except queue.Empty:
                    continue
                if piece is None:
                    break
                if isinstance(piece, Exception):
                    raise self._translate(piece) from piece
                words, spent = piece
                text += words
                usage = spent or usage
                if len(text) > MOST_CHARACTERS:
                    raise Unavailable("The language model would not stop talking.", code="model_talks_too_much")
        finally:
            stop.set()
        return Draft(without_thoughts(text), usage[0], usage[1], time.monotonic() - began)

    def _stream(self, system: str, user: str, options: dict[str, Any]) -> Iterator[tuple[str, tuple[int, int] | None]]:
        from langchain_core.messages import HumanMessage, SystemMessage

        for chunk in self._chat.stream([SystemMessage(system), HumanMessage(user)], **options):
            usage = getattr(chunk, "usage_metadata", None)
            yield str(chunk.text), (usage["input_tokens"], usage["output_tokens"]) if usage else None


def without_thoughts(text: str) -> str:
    """What a reasoning model says after it has thought; a thought that never ends leaves nothing."""
    if "</think>" in text:
        return text.rpartition("</think>")[2].strip()
    return "" if "<think>" in text else text.strip()
