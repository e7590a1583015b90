import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cds.errors import Integrity, InvalidInput, Unavailable
from cds.language_model.catalogue import Model, Weights, find_model
from cds.language_model.fetching import fetch

CONTENT = bytes(range(256)) * 4096
NAME = "tiny.gguf"


def tiny(content: bytes = CONTENT) -> Model:
    weights = Weights(file=NAME, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), hub="house/tiny")
    return Model(
        name="tiny", title="Tiny", licence="Apache-2.0", parameters=0.1, context=2048, skill="none", weights=weights
    )


def ignore(here: int, whole: int) -> None:
    pass


class Resuming(BaseHTTPRequestHandler):
    """Serves the content from where it is asked, as model hubs do."""

    asked: list[str | None]

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        wanted = self.headers["Range"]
        type(self).asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start:])


@pytest.fixture
def hub() -> Iterator[tuple[str, list[str | None]]]:
    handler = type("Handler", (Resuming,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", handler.asked  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


def test_weights_come_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)
    seen: list[int] = []
    path = fetch(tiny(), tmp_path / "models", source=str(tmp_path), progress=lambda here, whole: seen.append(here))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == len(CONTENT)


def test_weights_come_from_a_hub_under_its_own_path(tmp_path: Path, hub: tuple[str, list[str | None]]) -> None:
    assert fetch(tiny(), tmp_path, source=hub[0], progress=ignore).read_bytes() == CONTENT


def test_an_interrupted_fetch_goes_on_where_it_stopped(tmp_path: Path, hub: tuple[str, list[str | None]]) -> None:
    (tmp_path / f"{NAME}.partial").write_bytes(CONTENT[:1000])
    assert fetch(tiny(), tmp_path, source=f"{hub[0]}/{NAME}", progress=ignore).read_bytes() == CONTENT
    assert hub[1] == ["bytes=1000-"]


def test_a_server_that_cannot_resume_is_read_from_the_start(tmp_path: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

    (tmp_path / "served").mkdir()
    (tmp_path / "served" / NAME).write_bytes(CONTENT)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "served")))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    (tmp_path / f"{NAME}.partial").write_bytes(b"old bytes of something else")
    address = f"http://127.0.0.1:{server.server_address[1]}/{NAME}"
    assert fetch(tiny(), tmp_path, source=address, progress=ignore).read_bytes() == CONTENT
    server.shutdown()
    server.server_close()


def test_other_bytes_than_the_pinned_ones_are_not_kept(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(Integrity):
        fetch(tiny(), tmp_path / "models", source=str(tmp_path), progress=ignore)
    assert not [path for path in (tmp_path / "models").iterdir() if NAME in path.name]


def test_what_is_here_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(CONTENT)
    assert fetch(tiny(), tmp_path, source="http://127.0.0.1:9/none", progress=ignore) == tmp_path / NAME


def test_a_source_that_cannot_be_reached_keeps_what_is_here(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.partial").write_bytes(CONTENT[:1000])
    with pytest.raises(Unavailable, match="run the same command again"):
        fetch(tiny(), tmp_path, source="http://127.0.0.1:9/x", progress=ignore)
    assert (tmp_path / f"{NAME}.partial").stat().st_size == 1000


def test_a_folder_without_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=NAME):
        fetch(tiny(), tmp_path, source=str(tmp_path / "empty"), progress=ignore)


def test_a_model_of_a_server_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="CDS_MODEL"):
        fetch(find_model("deepseek-v3"), tmp_path, source=None, progress=ignore)
