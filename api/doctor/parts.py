"""What answers are made of: accounts, library, index, model."""

from collections.abc import Iterator

from api.auth.accounts import all_accounts
from api.doctor.finding import Finding, bad, good, look
from api.services import Services
from cds.actors import Role
from cds.clock import today
from cds.language_model.catalogue import catalogue
from cds.language_model.digests import KEPT_NAME, digest_of

_DEMO_SIGN_INS = "demo-sign-ins.json"


def accounts(services: Services) -> Iterator[Finding]:
    """Somebody administers; the demo's passwords are not left about."""
    with services.db.reading() as tx:
        known = all_accounts(tx)
    administrators = [one for one in known if Role.ADMINISTRATOR in one.roles and not one.disabled]
    if not administrators:
        yield look("There is no administrator.", "cds users add NAME --role administrator", code="no_administrator")
    else:
        yield good(f"{len(known)} accounts, {len(administrators)} of them administrators.")
    if (services.settings.data / _DEMO_SIGN_INS).exists():
        yield look(
            "This is a demonstration: demo users with written-down passwords, sample guidelines and patients.",
            "Never use it for care; begin with an empty CDS_DATA.",
            code="demonstration",
        )


def library(services: Services) -> Iterator[Finding]:
    """What is in force today, and what of it is past its review date."""
    on = today(services.clock)
    with services.db.reading() as tx:
        in_force = services.library.in_force(tx, on)
        known = services.library.editions(tx)
    unsound = [one for one in known if not one.sound]
    due = [one for one in known if one.id in in_force and one.review_due is not None and one.review_due < on]
    if not in_force:
        yield bad("No guideline is in force.", "cds ingest guidelines FOLDER --publish", code="library_empty")
    else:
        yield good(f"{len(in_force)} guidelines are in force.")
    if unsound:
        yield bad(
            f"{len(unsound)} editions are withheld: what is stored is not what was recorded of them.",
            "Load their files again.",
            code="editions_unsound",
        )
    if due:
        yield look(f"{len(due)} are past their review date.", "Look for newer editions.", code="review_due")


def index(services: Services) -> Iterator[Finding]:
    """Every byte as it was written, and the same passages as in SQL."""
    found = services.builder.check()
    if found.ok:
        yield good(f"The index is whole and holds all {found.passages:,} passages.")
    elif found.generation is None and not found.passages:
        yield look("There is no index yet.", "cds ingest guidelines FOLDER --publish", code="no_index")
    else:
        wrong = (
            "it cannot be read"
            if not found.whole
            else "it was made by another embedder"
            if not found.embedder
            else f"{found.missing} passages are missing and {found.extra} too many"
        )
        yield bad(f"The index does not fit the library: {wrong}.", "cds library rebuild", code="index_differs")


def model(services: Services) -> Iterator[Finding]:
    """Which one answers, and whether its file is the one that is pinned."""
    opened = services.model
    if opened is None:
        trouble = services.model_source.trouble
        if trouble is not None:
            yield bad(trouble, "Answers are quoted until then.", code="model_unavailable")
        else:
            yield look(
                "No model: answers are quoted word for word from the library.",
                "`cds models fetch` brings the default one; CDS_MODEL=none keeps it so.",
                code="no_model",
            )
        return
    identity = opened.identity
    pinned = {one.weights.sha256 for one in catalogue() if one.weights is not None}
    known = "its digest is the catalogue's" if identity.digest in pinned else f"digest {identity.digest[:16]}…"
    yield good(f"{identity.name}, {identity.runtime}; {known}.")
    if identity.skill == "none":
        yield look("It is not fit to draft or select: answers are quoted.", "cds models use NAME", code="model_unfit")
    kept = services.settings.weights / KEPT_NAME
    here = [(one.weights, services.settings.weights / one.weights.file) for one in catalogue() if one.weights]
    for weights, file in here:
        if file.exists() and digest_of(file, kept=kept) != weights.sha256:
            yield bad(f"{file} is not the file the catalogue pins.", "cds models fetch", code="weights_differ")
