"""`cds serve`: the service, until Ctrl-C."""

import contextlib
import logging
import socket
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.output import say
from api.configuration import note_settings
from api.room import check_room, free_bytes
from api.services import Services, services_from_environment
from cds.errors import InvalidSetting, Unavailable

app = typer.Typer(add_completion=False, rich_markup_mode=None)

# After Ctrl-C a consult that is running gets this long to be recorded.
_FINISHING_S = 10


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on; default: CDS_HOST or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on; default: CDS_PORT or 8470.")] = None,
) -> None:
    """Start the service; Ctrl-C ends it."""
    given: dict[str, Any] = {"host": host, "port": port}
    services = services_from_environment(**{name: value for name, value in given.items() if value is not None})
    listening = listen(services.settings.host, services.settings.port)
    try:
        run(services, listening)
    finally:
        services.close()


def listen(host: str, port: int) -> socket.socket:
    """The socket to serve on, taken before anything else is done; a taken port is said in one sentence."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen(128)
    except OSError as error:
        raise InvalidSetting(
            f"The service cannot listen on {host} port {port}: {(error.strerror or 'unknown').lower()}. "
            "If another program is there, stop it or choose another port with --port.",
            code="port_in_use",
        ) from None
    return listening


def check_folder(folder: Path) -> None:
    """Refuse to start where nothing could be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        check_room(free_bytes(folder))
    except OSError as error:
        raise Unavailable(
            f"The data folder {folder} cannot be used: {(error.strerror or 'unknown').lower()}. "
            "Mend its permissions or set CDS_DATA to another folder.",
            code="data_folder_unusable",
        ) from None


def run(services: Services, listening: socket.socket, *, welcome: str = "") -> None:
    """Serve until Ctrl-C, then finish what is running and end cleanly."""
    import uvicorn

    from api.app import create_app

    check_folder(services.settings.data)
    configure_logging(services.settings.log_level)
    note_settings(services.db, services.log, services.settings, software=services.software)
    app_ = create_app(services)
    server = uvicorn.Server(
        uvicorn.Config(
            app_,
            log_config=None,
            access_log=False,  # it would write addresses; the guard writes route templates
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=services.settings.trusted_proxies,
            timeout_graceful_shutdown=_FINISHING_S,
        )
    )
    threading.Thread(target=warm_up, args=(services, app_.state.warm), name="warm-up", daemon=True).start()
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    say(f"{welcome}Serving on http://{shown}:{port}{services.settings.root_path}/ — Ctrl-C ends it.")
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn has finished by then and hands the signal on
        server.run(sockets=[listening])
    say("Stopped.")


def warm_up(services: Services, warm: threading.Event) -> None:
    """Load what loads slowly before the first question needs it; a part that is missing is missed later, not here."""
    for name, load in (
        ("search", lambda: services.knowledge.search("warm up", limit=1)),
        ("model", services.warm_model),
    ):
        try:
            load()
        except Exception as error:
            # The service works without them: by words, or quoting.
            logging.getLogger("cds").warning("the %s is not available: %s", name, type(error).__name__)
    warm.set()


def configure_logging(level: str) -> None:
    """One line an event on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger().handlers = [handler]
    logging.getLogger("cds").setLevel(level.upper())
    for noisy in ("uvicorn.error", "httpx", "httpcore", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
