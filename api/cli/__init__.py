"""The command line. Each group of commands is one file, imported when it is called, so that `--help` is instant."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from cds.errors import CdsError

# command: (module under api/cli with a typer.Typer named `app`, one line of help).
# An app with one command is that command, one with several is a group.
COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("serve", "Start the service."),
    "demo": ("demo", "Load the sample library, patients and demo users, then start the service."),
    "users": ("users", "Accounts and API tokens."),
    "mcp": ("mcp", "Serve programs that speak MCP, on standard input and output."),
    "hooks": ("hooks", "Medical records that may call by CDS Hooks."),
    "ingest": ("ingest", "Load guidelines and records."),
    "library": ("library", "The guideline library."),
    "patients": ("patients", "Patients: list, show, erase, and who may read them."),
    "emergencies": ("emergencies", "Emergency access to records, looked through and judged."),
    "ask": ("ask", "Ask a question; the answer cites the library, and is recorded."),
    "models": ("models", "Open models: what this machine can run, fetch one, try one."),
    "search": ("search", "Find the passages that bear on a question."),
    "decide": ("decide", "Record what the clinician decided."),
    "audit": ("audit", "The log of what was done, and the proof that nobody changed it."),
    "review": ("review", "Look back: trace, replay, recall, statistics, governance card."),
    "backup": ("backup", "Write everything to one sealed file, while the service runs."),
    "restore": ("restore", "Bring a backup onto an empty machine."),
    "doctor": ("doctor", "Look at every part of this installation and say what to do."),
    "selftest": ("selftest", "Run ten fixed cases end to end on this machine."),
    "plan": ("plan", "How large a machine must be for a site of this size."),
    "bundle": ("bundle", "A folder that installs the service on a machine without internet."),
    "evaluate": ("evaluate", "Measure retrieval, claims or answers."),
}


class LazyGroup(TyperGroup):
    """Knows every command's name and help without importing any of them."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command = get_command(import_module(f"api.cli.{module}").app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


app = typer.Typer(
    cls=LazyGroup,
    help="Clinical decision support that shows its evidence.",
    invoke_without_command=True,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # importing rich would double the time of --help
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def cds(show_version: bool = typer.Option(False, "--version", help="Show the version and exit.")) -> None:
    if show_version:
        from importlib.metadata import version

        print(f"cds {version('evidence-cds')}")
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; a `CdsError` becomes its sentence and exit status 1, never a traceback."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(args=arguments, prog_name="cds")
    except CdsError as error:
        if "--json" in arguments:
            import orjson

            print(orjson.dumps({"error": {"code": error.code, "message": error.message}}).decode())
        print(f"cds: {error.message} [{error.code}]", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        raise SystemExit(130) from None
