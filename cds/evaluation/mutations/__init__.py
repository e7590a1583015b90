"""False claims made by rule from true ones: one thing changed, of a kind that harms when it goes unseen."""

from collections.abc import Sequence

from cds.evaluation.mutations.mutation import Mutation
from cds.evaluation.mutations.rules import RULES
from cds.medicines import names_in

__all__ = ["KINDS", "Mutation", "mutations"]

KINDS = (*RULES, "id_swap")


def mutations(claim: str, *, pool: Sequence[str] = (), known: str = "") -> tuple[Mutation, ...]:
    """Every false claim the rules make of a true one; `pool`: medicines to put in place of its own, none in `known`."""
    made: dict[str, Mutation] = {}
    for kind, rule in RULES.items():
        for changed in rule(claim, pool):
            if changed != claim and not (kind == "drug" and names_in(changed) <= names_in(known)):
                made.setdefault(changed, Mutation(kind, changed))
    return tuple(made.values())
