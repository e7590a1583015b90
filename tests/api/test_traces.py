"""Traces reach a collector of the house, with times and statuses in them and nothing that anybody wrote."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.traces import open_traces
from cds.actors import Role
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import InvalidSetting
from cds.settings import Settings
from tests.api.conftest import ASKED, TestedServices
from tests.api.test_canary import CANARY, bodies
from tests.api.test_policies import routes_of
from tests.cds.fakes import Shelf

pytest.importorskip("opentelemetry.sdk")
Clients = Callable[[Role | None], TestClient]


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """The address of an OTLP collector, and what it was sent."""
    received: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def log_message(self, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", received
    server.shutdown()
    server.server_close()


@pytest.fixture
def services(
    collector: tuple[str, list[bytes]], db: Database, clock: FixedClock, tmp_path: Path, shelf: Shelf
) -> TestedServices:
    chosen = Settings(data=tmp_path, model="none", traces=collector[0])
    return TestedServices(chosen, clock=clock, database=db, shelf=shelf)


def spans(app: FastAPI, received: list[bytes]) -> list[Any]:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    app.state.traces.flush()
    requests = [ExportTraceServiceRequest.FromString(body) for body in received]
    return [span for one in requests for r in one.resource_spans for s in r.scope_spans for span in s.spans]


def attributes(span: Any) -> dict[str, Any]:
    return {one.key: one.value.string_value or one.value.int_value for one in span.attributes}


def test_a_consult_is_one_trace_from_the_request_to_the_record(
    app: FastAPI, client_as: Clients, collector: tuple[str, list[bytes]]
) -> None:
    assert client_as(Role.PHYSICIAN).post("/api/v1/consults", json={"question": ASKED}).status_code == 201
    found = {span.name: span for span in spans(app, collector[1])}
    stages = ("triage", "search", "answer", "safety", "record")
    assert found.keys() == {"POST /api/v1/consults", "consult", *stages}
    request, consult = found["POST /api/v1/consults"], found["consult"]
    assert attributes(request)["http.response.status_code"] == 201
    assert attributes(consult) == {"cds.status": "quoted", "cds.mode": "hybrid"}
    assert {span.trace_id for span in found.values()} == {request.trace_id}
    assert consult.parent_span_id == request.span_id
    assert {found[name].parent_span_id for name in stages} == {consult.span_id}
    ends = [found[name].end_time_unix_nano for name in stages]
    assert ends == sorted(ends)


def test_a_consult_that_fails_is_told_by_its_code(
    app: FastAPI, client_as: Clients, services: TestedServices, collector: tuple[str, list[bytes]]
) -> None:
    services.free = 0
    assert client_as(Role.PHYSICIAN).post("/api/v1/consults", json={"question": ASKED}).status_code == 503
    (failed,) = (span for span in spans(app, collector[1]) if span.name == "consult")
    assert attributes(failed) == {"cds.code": "no_disk_space"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nothing_that_was_sent_is_in_any_span(
    app: FastAPI, client_as: Clients, my_patient: str, collector: tuple[str, list[bytes]]
) -> None:
    client = client_as(Role.PHYSICIAN)
    for method, path, _ in routes_of(app):
        if path == "/sign-out":
            continue
        for known in (CANARY, my_patient):
            filled = "/".join(known if part.startswith("{") else part for part in path.split("/"))
            for body in [{}] if method == "GET" else bodies():
                client.request(method, filled, params={"q": CANARY}, **body)  # type: ignore[arg-type]
    client.request(CANARY.upper(), "/livez", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "x-id": CANARY})
    client.post("/api/v1/consults", json={"question": f"{ASKED} {CANARY}", "patient": my_patient})
    assert len(spans(app, collector[1])) > 100
    sent = b"".join(collector[1])
    for text in (CANARY, CANARY.upper(), my_patient, ASKED):
        assert text.encode() not in sent
    assert b"\xaa" * 16 not in sent  # the caller's own trace


def test_without_a_collector_nothing_of_it_is_loaded() -> None:
    program = "import sys, api.app, api.live; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "opentelemetry.sdk.trace" not in loaded.stdout.split()


def test_the_extra_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(InvalidSetting, match="extra `otel`") as refused:
        open_traces(Settings(data=tmp_path, traces="http://127.0.0.1:4318"), software="1")
    assert refused.value.code == "extra_missing"
