"""The only home of OpenTelemetry: how long requests and the stages of consults take, told to the house's collector.

A span holds a route's template, a status and times: no address, no id, nothing that anybody wrote.
"""

import time
from typing import TYPE_CHECKING, Any

from cds.consult import Stage
from cds.errors import InvalidSetting
from cds.recommendation import Recommendation
from cds.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.trace import Span

# A collector that is away costs this at most when the service ends; meanwhile spans are dropped, nobody waits.
_SECONDS = 5.0
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STAGES = ("triage", "search", "answer", "safety")  # in their order, as a recommendation keeps their seconds


class Traces:
    """Spans of one running service, sent in the background to one collector."""

    def __init__(self, address: str, *, software: str) -> None:
        try:
            import requests
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError:
            raise InvalidSetting(
                "CDS_TRACES is set, but OpenTelemetry is not installed. Install the extra `otel`, or unset CDS_TRACES.",
                code="extra_missing",
            ) from None
        session = requests.Session()
        session.trust_env = False  # to the configured host, through no proxy of the environment
        session.max_redirects = 0
        exporter = OTLPSpanExporter(f"{address.rstrip('/')}/v1/traces", timeout=_SECONDS, session=session)
        told = Resource({"service.name": "evidence-cds", "service.version": software})
        self._provider = TracerProvider(resource=told, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("cds")

    def request(self) -> "TracedRequest":
        """A request that begins here and now; what it starts belongs to it."""
        return TracedRequest(self._tracer)

    def consult(self) -> "TracedConsult":
        """A consult that the present request has admitted."""
        from opentelemetry.context import get_current

        return TracedConsult(self._tracer, get_current())

    def flush(self) -> None:
        """Send what has ended."""
        self._provider.force_flush()

    def close(self) -> None:
        """Send what is left and end."""
        self._provider.shutdown()


def open_traces(settings: Settings, *, software: str) -> Traces | None:
    """Traces to the collector that is set; None without one, and then nothing of OpenTelemetry is loaded."""
    return Traces(settings.traces, software=software) if settings.traces else None


class TracedRequest:
    """One request, named when it is known which route it was for."""

    def __init__(self, tracer: Any) -> None:
        from opentelemetry import context, trace

        # A trace that the caller says it belongs to is not taken up: that would be text from outside.
        self._span: Span = tracer.start_span("request", context=context.Context(), kind=trace.SpanKind.SERVER)
        self._token = context.attach(trace.set_span_in_context(self._span))

    def end(self, method: str, route: str, status: int) -> None:
        from opentelemetry import context, trace

        context.detach(self._token)
        method = method if method in _METHODS else "_OTHER"
        self._span.update_name(f"{method} {route}")
        self._span.set_attributes(
            {"http.request.method": method, "http.route": route, "http.response.status_code": status}
        )
        if status >= 500:
            self._span.set_status(trace.StatusCode.ERROR)
        self._span.end()


class TracedConsult:
    """One consult from its admission, and its stages once they are known."""

    def __init__(self, tracer: Any, parent: Any) -> None:
        self._tracer = tracer
        self._parent = parent
        self._admitted = time.time_ns()
        self._at: dict[str, int] = {}

    def stage(self, stage: Stage) -> None:
        self._at.setdefault(stage.name, time.time_ns())

    def done(self, recommendation: Recommendation) -> None:
        """The stages, each after the one before; what is left of the time is the recording."""
        from opentelemetry.trace import set_span_in_context

        ended = time.time_ns()
        whole = self._span("consult", self._parent, self._admitted)
        whole.set_attributes({"cds.status": recommendation.status, "cds.mode": recommendation.mode})
        within = set_span_in_context(whole)
        took = {name: int(recommendation.seconds.get(name, 0) * 1e9) for name in _STAGES}
        at = self._at["searching"]
        if "evidence" in self._at:  # told when the search had ended; before it the patient's facts are read
            at = self._at["evidence"] - took["triage"] - took["search"]
        for name in _STAGES:
            if name in recommendation.seconds:
                self._span(name, within, at).end(at + took[name])
                at += took[name]
        recorded = max(at, self._at.get("recorded", ended))
        self._span("record", within, at).end(recorded)
        whole.end(max(ended, recorded))

    def failed(self, code: str) -> None:
        from opentelemetry.trace import StatusCode

        whole = self._span("consult", self._parent, self._admitted)
        whole.set_attribute("cds.code", code)
        whole.set_status(StatusCode.ERROR)
        whole.end()

    def _span(self, name: str, parent: Any, began: int) -> "Span":
        span: Span = self._tracer.start_span(name, context=parent, start_time=began)
        return span
