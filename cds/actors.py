"""Who acts: a person or a program, and in which roles."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is in this house; a patient is a member of one shared session and has no role here."""

    PHYSICIAN = "physician"
    LIBRARIAN = "librarian"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who signed in, or the person at the machine's own command line."""

    id: str
    name: str
    roles: frozenset[Role]
    specialty: str | None = None  # of a physician: statistics compare how the service serves each

    def is_a(self, role: Role) -> bool:
        return role in self.roles


def local_operator(user: str) -> Actor:
    """The person at the command line: whoever may read the data folder and its key may do everything in it."""
    return Actor(id=f"local:{user}", name=user, roles=frozenset(Role))
