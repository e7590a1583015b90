"""What becomes of an edition: published, superseded, retracted or discarded, the recall list counted first."""

from sqlalchemy import Connection

from api.services import Services
from cds.actors import Actor
from cds.errors import Conflict
from knowledge.editions import Edition

# What takes an edition out of answers is asked about first.
ENDINGS = ("supersede", "retract")
NOT_CONFIRMED = "not_confirmed"


def replaced_by(services: Services, tx: Connection, draft: Edition) -> list[Edition]:
    """What a draft would take the place of."""
    if draft.state != "draft":
        return []
    return [one for one in services.library.editions_named(tx, draft.document) if one.state == "published"]


def change_of(
    services: Services, edition: str, change: str, *, actor: Actor, why: str | None, affected: int | None
) -> list[str]:
    """Do this to an edition; the ids of what it ended. What ends one wants the recall list's length as it is."""
    library = services.library
    if change == "publish":
        generation = services.builder.prepare()
        with services.db.transaction() as tx:
            superseded = library.publish(tx, edition, actor=actor)
            services.builder.make_current(tx, generation, actor=actor)
        return list(superseded)
    acts = {"supersede": library.supersede, "retract": library.retract}
    with services.db.transaction() as tx:
        if change == "discard":
            library.discard(tx, edition, actor=actor)
            return [edition]
        if change not in acts:
            raise Conflict(f"An edition can be published, superseded, retracted or discarded, not {change[:20]}.")
        rest = len(library.affected(tx, edition))
        if affected != rest:
            raise Conflict(
                f"{rest} past recommendations rest on {edition}. Confirm with affected={rest}.", code=NOT_CONFIRMED
            )
        return list(acts[change](tx, edition, actor=actor, why=why))
