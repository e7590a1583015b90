"""What a consult needs from a language model, and nothing more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Skill = Literal["draft", "select", "none"]  # what the catalogue found this model fit for


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model this is, exactly: the digest of its weights where they are here, of its server's answer where not."""

    name: str
    digest: str
    runtime: str
    skill: Skill
    context: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What came back: text that should be JSON by the schema, and what it cost."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float


class LanguageModel(Protocol):
    """Completes one prompt by a JSON schema, within a deadline, and stops when cancelled."""

    @property
    def identity(self) -> ModelIdentity: ...

    def complete(
        self,
        *,
        system: str,
        user: str,
        schema: dict[str, Any],
        max_tokens: int,
        seconds: float,
        cancelled: Callable[[], bool],
    ) -> Draft:
        """Raises `cds.errors.Unavailable` when it cannot answer in time or at all."""
        ...
