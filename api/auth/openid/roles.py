"""Which roles somebody has here, read from a claim of the identity provider by a table the administrator wrote."""

from collections.abc import Mapping
from typing import Any

from cds.actors import Role
from cds.errors import InvalidSetting


def roles_table(setting: str) -> dict[Role, frozenset[str]]:
    """`physician=ward-a,ward-b; auditor=quality` as a table."""
    table: dict[Role, frozenset[str]] = {}
    for part in filter(None, (piece.strip() for piece in setting.split(";"))):
        role, equals, values = part.partition("=")
        wanted = frozenset(value.strip() for value in values.split(",") if value.strip())
        if not equals or role.strip() not in list(Role) or not wanted:
            raise InvalidSetting(
                f"The setting CDS_OPENID_ROLES is wrong at {part!r}: write ROLE=VALUE,VALUE; …, where a role is one of "
                f"{', '.join(Role)} and the values are those of the claim CDS_OPENID_ROLES_CLAIM."
            )
        table[Role(role.strip())] = wanted
    return table


def roles_from(claims: Mapping[str, Any], *, claim: str, table: Mapping[Role, frozenset[str]]) -> frozenset[Role]:
    """The roles of the values in this claim; the claim may be a path such as `realm_access.roles`."""
    found: Any = claims.get(claim)
    if found is None:
        found = claims
        for step in claim.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    values = {found} if isinstance(found, str) else {one for one in found or () if isinstance(one, str)}
    return frozenset(role for role, wanted in table.items() if wanted & values)
