"""One call of the model for a shared session: asked for JSON by a schema, once more with the error, else nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from cds.drafting import InvalidDraft
from cds.language_model import LanguageModel
from cds.prompts import Prompt, load_prompt

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Asking:
    """A model, and how long it may take."""

    model: LanguageModel
    seconds: float  # each call
    cancelled: Callable[[], bool]

    @property
    def writes(self) -> bool:
        """Whether it was found fit to write sentences, not only to choose them."""
        return self.model.identity.skill == "draft"

    def prompt(self, name: str) -> Prompt:
        return load_prompt(name, family=self.model.identity.name.split("-")[0].lower())

    def ask(self, prompt: Prompt, user: str, schema: dict[str, Any], *, kind: type[Found], max_tokens: int) -> Found:
        """What it answers, as that type; raises `InvalidDraft` or `Unavailable`."""
        began, error = time.monotonic(), ""
        for _ in range(2):
            answer = self.model.complete(
                system=prompt.text,
                user=user + error,
                schema=schema,
                max_tokens=max_tokens,
                seconds=self.seconds - (time.monotonic() - began),
                cancelled=self.cancelled,
            )
            try:
                return TypeAdapter(kind).validate_json(answer.text)
            except ValidationError as wrong:
                first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
                error = f"\nYour last answer had the wrong form: {first['msg']}. Answer with the JSON only."
        raise InvalidDraft("The model's answer has the wrong form, twice.")


def closed_object(properties: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema of an object with exactly these."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
