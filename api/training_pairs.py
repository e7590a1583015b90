"""Training pairs wired: the records know who the patients are, the accounts who works here."""

from collections.abc import Iterator

from api.auth.accounts import all_accounts
from api.services import Services
from cds.actors import Actor
from cds.review.listing import ReviewFilter
from cds.review.training import export_training_pairs


def training_pairs(services: Services, where: ReviewFilter, *, actor: Actor) -> Iterator[str]:
    """De-identified pairs, one a line; refused where it was not switched on."""
    with services.db.reading() as tx:
        staff = [name for account in all_accounts(tx) for name in (account.display, account.name)]
    return export_training_pairs(
        services.db,
        where,
        switched_on=services.settings.training_export,
        identity=services.records.identity,
        staff=staff,
        log=services.log,
        actor=actor,
        now=services.clock.now(),
    )
