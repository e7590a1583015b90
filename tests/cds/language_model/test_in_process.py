import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from cds.errors import InvalidSetting, Unavailable
from cds.language_model import ModelIdentity
from cds.language_model.chat_model import ChatCompleter
from cds.language_model.in_process import LlamaChat, in_process_model

SCHEMA = {
    "type": "object",
    "properties": {"answered": {"enum": ["yes", "no"]}, "sentences": {"type": "array", "items": {"enum": ["1", "2"]}}},
    "required": ["answered", "sentences"],
    "additionalProperties": False,
}


def completer(chat: LlamaChat) -> ChatCompleter:
    return ChatCompleter(
        chat,
        identity=ModelIdentity("small", "0" * 64, "test", "select", 2048),
        options=lambda schema, most, seconds: {"schema": schema, "max_tokens": most},
        translate=lambda error: Unavailable(str(error)),
    )


def test_the_answer_keeps_to_the_schema_without_blanks(llama: LlamaChat) -> None:
    draft = completer(llama).complete(
        system="Choose.", user="1. A. 2. B.", schema=SCHEMA, max_tokens=40, seconds=60, cancelled=lambda: False
    )
    assert draft.text.startswith('{"answered":"')
    assert draft.prompt_tokens > 0
    assert draft.completion_tokens > 0


LISTENING = """
import sys
from pathlib import Path
from cds.language_model.in_process import LlamaChat

llama = LlamaChat(path=sys.argv[1], context=2048, threads=2)
llama.load()
mine = {Path(link).readlink().name for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}
rows = [
    line.split()
    for table in ("tcp", "tcp6")
    for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]
]
print([row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in mine])
print(oct(Path(llama.socket).parent.stat().st_mode & 0o077))
llama.close()
"""


def test_the_model_listens_on_no_port(small_model: Path) -> None:
    # In a process of its own: other tests start servers in this one.
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LISTENING, str(small_model)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines() == ["[]", "0o0"]


def test_a_cancelled_completion_frees_the_model_for_the_next(llama: LlamaChat) -> None:
    pressed = threading.Event()
    threading.Timer(0.3, pressed.set).start()
    long = {"type": "string", "minLength": 4000}
    with pytest.raises(Unavailable) as refused:
        completer(llama).complete(
            system="Write.", user="On.", schema=long, max_tokens=1500, seconds=60, cancelled=pressed.is_set
        )
    assert refused.value.code == "cancelled"
    after = completer(llama).complete(
        system="Choose.", user="1. A.", schema=SCHEMA, max_tokens=40, seconds=60, cancelled=lambda: False
    )
    assert after.text.startswith("{")


def test_a_completion_past_its_deadline_is_let_go(llama: LlamaChat) -> None:
    llama.load()
    began = time.monotonic()
    with pytest.raises(Unavailable) as refused:
        completer(llama).complete(
            system="Write.",
            user="On.",
            schema={"type": "string", "minLength": 4000},
            max_tokens=1500,
            seconds=0.3,
            cancelled=lambda: False,
        )
    assert refused.value.code == "model_too_slow"
    assert time.monotonic() - began < 30


def test_it_is_a_langchain_chat_model(llama: LlamaChat) -> None:
    answer = llama.invoke([HumanMessage("Say hello.")], max_tokens=8)
    assert str(answer.text)
    assert llama.get_num_tokens("Say hello.") == 3


def test_the_same_question_gets_the_same_answer(llama: LlamaChat) -> None:
    def ask() -> str:
        return (
            completer(llama)
            .complete(
                system="Choose.", user="1. A. 2. B.", schema=SCHEMA, max_tokens=40, seconds=60, cancelled=lambda: False
            )
            .text
        )

    assert ask() == ask()


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(InvalidSetting, match=r"broken\.gguf"):
        LlamaChat(path=str(broken)).load()


def test_a_model_file_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="cds models fetch"):
        in_process_model(tmp_path / "none.gguf", name="none", skill="select", context=2048, threads=1)


def test_a_model_is_known_by_the_digest_of_its_file(small_model: Path, tmp_path: Path) -> None:
    kept = tmp_path / "digests.json"
    model = in_process_model(small_model, name="small", skill="none", context=2048, threads=1, digests=kept)
    from tests.weights import SHA256

    assert model.identity.digest == SHA256
    assert SHA256 in kept.read_text()
