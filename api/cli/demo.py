"""`cds demo`: the sample library, synthetic patients and demo users, then the service."""

import secrets
import threading
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from api.cli.ingest_guidelines import progress_shown
from api.cli.output import say
from api.cli.progress import bar
from api.cli.serve import check_folder, listen, run
from api.services import Services, operator, services_from_environment
from cds.actors import Role
from cds.errors import CdsError, Conflict

app = typer.Typer(add_completion=False, rich_markup_mode=None)

_SIGN_INS = "demo-sign-ins.json"
_USERS: tuple[tuple[str, str, Role], ...] = (
    ("physician", "Dr. Amara Okafor", Role.PHYSICIAN),
    ("librarian", "Lena Vogt", Role.LIBRARIAN),
    ("auditor", "Tomás Reyes", Role.AUDITOR),
    ("administrator", "Ines Duarte", Role.ADMINISTRATOR),
)
# Whoever tries CDS Hooks on the demonstration needs no token: this account has no patients, so that all a caller
# gets is the library's answer about the patient it sent.
_RECORD = "demo-record"
_SANDBOXES = "https://sandbox.cds-hooks.org, http://localhost:8080, http://127.0.0.1:8080"
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that reads like another


@app.command()
def demo(
    port: Annotated[int | None, typer.Option(help="The port to listen on; default: CDS_PORT or 8470.")] = None,
    load_only: Annotated[bool, typer.Option("--load-only", help="Load and print the sign-ins; do not serve.")] = False,
    fetch_model: Annotated[
        bool,
        typer.Option("--fetch-model", help="Fetch the default model's weights meanwhile; quote until they are here."),
    ] = False,
) -> None:
    """Load the samples if they are not here yet, print the demo sign-ins, and serve on this machine only."""
    given: dict[str, Any] = {"host": "127.0.0.1", "hooks_account": _RECORD, "hooks_origins": _SANDBOXES} | (
        {"port": port} if port is not None else {}
    )
    services = services_from_environment(**given)
    listening = None if load_only else listen(services.settings.host, services.settings.port)
    check_folder(services.settings.data)
    try:
        passwords = load(services)
        lines = "".join(f"  {name:<14} {passwords[name]}\n" for name, _, _ in _USERS)
        welcome = f"\nDemonstration content, not for care. Sign in as one of:\n{lines}\n"
        if listening is None:
            say(welcome)
        else:
            if fetch_model:
                threading.Thread(target=fetch_weights, args=(services,), name="fetch", daemon=True).start()
            run(services, listening, welcome=welcome)
    finally:
        services.close()


def load(services: Services) -> dict[str, str]:
    """Samples and users, whatever of them is missing; the demo users' passwords."""
    kept = services.settings.data / _SIGN_INS
    if not kept.exists():
        _refuse_a_folder_in_use(services)
        passwords = {name: _password() for name, _, _ in _USERS}
        kept.touch(mode=0o600)
        kept.write_bytes(orjson.dumps(passwords))
    load_library(services)
    load_patients(services)
    passwords = orjson.loads(kept.read_bytes())
    add_users(services, passwords)
    return dict(passwords)


def fetch_weights(services: Services) -> None:
    """The default model's weights, told in a line now and then; without them the service quotes."""
    from cds.language_model.catalogue import default_model
    from cds.language_model.fetching import fetch

    model, told = default_model(), -1
    if services.settings.model != "auto" or model.weights is None:
        return
    if (services.settings.weights / model.weights.file).exists():
        return
    say(f"Fetching the weights of {model.title} ({model.weights.bytes / 1e9:.1f} GB); answers are quoted until then.")

    def progress(here: int, whole: int) -> None:
        nonlocal told
        tenth = 10 * here // whole
        if tenth > told:
            told = tenth
            say(f"  model weights: {10 * tenth} %")

    try:
        fetch(model, services.settings.weights, source=None, progress=progress)
    except CdsError as error:
        say(f"The weights did not arrive: {error.message} Answers stay quoted; `cds models fetch` tries again.")
    else:
        services.model_source.look_again()
        say("The model is here: answers are now written by it and checked.")


def load_library(services: Services) -> None:
    """The sample guidelines; the earlier editions first, so that they are superseded."""
    from ingest.pipeline.guidelines import ingest_guidelines
    from ingest.samples import EARLIER_EDITIONS, LIBRARY
    from knowledge.originals import Originals

    for folder in (EARLIER_EDITIONS, LIBRARY):
        with progress_shown() as progress:
            ingest_guidelines(
                [Path(folder)],
                library=services.library,
                builder=services.builder,
                db=services.db,
                log=services.log,
                clock=services.clock,
                actor=operator(),
                publish=True,
                originals=Originals(services.settings.data / "originals"),
                progress=progress,
            )


def load_patients(services: Services) -> None:
    """The synthetic patients."""
    from ingest.pipeline.records import ingest_records
    from ingest.samples import PATIENTS

    files = sorted(Path(PATIENTS).glob("*.json"))
    with bar("Reading patients") as shown:
        count = 0

        def progress(stage: str, more: int) -> None:
            nonlocal count
            count += more
            shown(count, 0)

        ingest_records(
            files,
            records=services.records,
            db=services.db,
            log=services.log,
            clock=services.clock,
            actor=operator(),
            progress=progress,
        )


def add_users(services: Services, passwords: dict[str, str]) -> None:
    """One user a role; the physician gets the patients, all but one, who shows what emergency access is."""
    from api.auth.accounts import account_named, add_account
    from api.auth.passwords import Passwords
    from cds.access import add_to_care_list

    with services.db.reading() as tx:
        missing = [user for user in _USERS if account_named(tx, user[0]) is None]
        record = account_named(tx, _RECORD)
    hashes = {name: Passwords().hash(passwords[name]) for name, _, _ in missing}
    by, at = operator(), services.clock.now()
    with services.db.transaction() as tx:
        if record is None:
            made = add_account(
                tx, name=_RECORD, display="A medical record on trial", roles={Role.PHYSICIAN}, password=None, at=at
            )
            services.log.append(tx, kind="account.added", actor=by, subject=made.id, details={"roles": ["physician"]})
        for name, display, role in missing:
            account = add_account(tx, name=name, display=display, roles={role}, password=hashes[name], at=at)
            services.log.append(
                tx, kind="account.added", actor=by, subject=account.id, details={"roles": sorted(account.roles)}
            )
            if role is Role.PHYSICIAN:
                for person in services.records.listed(tx, by)[:-1]:
                    add_to_care_list(tx, account.id, person.id, by=by, clock=services.clock, log=services.log)


def _refuse_a_folder_in_use(services: Services) -> None:
    from api.auth.accounts import all_accounts

    with services.db.reading() as tx:
        used = all_accounts(tx) or services.records.listed(tx, operator()) or services.library.counts(tx)
    if used:
        raise Conflict(
            f"{services.settings.data} already holds a service of its own, and the demonstration does not mix with it. "
            "Set CDS_DATA to an empty folder.",
            code="data_folder_in_use",
        )


def _password() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
