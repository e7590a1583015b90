"""The web service: one application around the services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from threading import Event

from fastapi import FastAPI

from api import errors
from api.assets import Assets
from api.auth.passwords import Passwords
from api.checkpoints import keep_signing
from api.condition import Watch
from api.emergencies import keep_ending
from api.guard import Guard, Metrics
from api.hooks.cors import HooksFromBrowsers
from api.live import LiveConsults
from api.routes import ROUTERS
from api.services import Services
from api.sharing_model import shared_model
from api.traces import open_traces

# A question and its form are small; a route that takes files sets its own limit.
_LARGEST_BODY = 256 * 1024


def create_app(services: Services) -> FastAPI:
    """The doors around these services."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        stop_ending = keep_ending(services)
        stop_signing = keep_signing(services)
        yield
        app.state.live.close()
        shared_model(app).close()
        stop_ending()
        stop_signing()
        if app.state.traces is not None:
            app.state.traces.close()

    app = FastAPI(
        title="Evidence CDS",
        version=services.software,
        summary="Clinical decision support that shows its evidence.",
        docs_url=None,  # FastAPI's own page loads its scripts from elsewhere; ours is in routes/reference.py
        redoc_url=None,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        lifespan=lifespan,
    )
    # Set here and not by the server, which would add it to addresses that the proxy has left whole.
    app.root_path = services.settings.root_path
    app.state.services = services
    app.state.condition = Watch(services)
    app.state.assets = Assets()
    app.state.passwords = Passwords()
    app.state.warm = Event()  # set when the parts that load slowly are loaded; nothing waits for it
    app.state.traces = open_traces(services.settings, software=services.software)
    app.state.live = LiveConsults(
        lambda: services.consult_parts(), slots=lambda: services.model_source.at_once, traces=app.state.traces
    )
    app.state.metrics = Metrics(condition=app.state.condition.now, running=lambda: app.state.live.running)
    errors.install(app)
    for name in ROUTERS:
        app.include_router(import_module(f"api.routes.{name}").router, max_body_size=_LARGEST_BODY)
    app.add_middleware(Guard, metrics=app.state.metrics, traces=app.state.traces)
    settings = services.settings
    app.add_middleware(HooksFromBrowsers, origins=settings.hooks_origins, root_path=settings.root_path)
    return app
