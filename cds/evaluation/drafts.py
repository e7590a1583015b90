"""What a model wrote, kept as it is written: a run goes on where it stopped, and checks can be run over it again."""

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from cds.errors import InvalidInput
from cds.language_model import Draft, LanguageModel, ModelIdentity


class KeptDrafts:
    """The same model, which asks again only what is not in the file; each new draft is in it at once."""

    def __init__(self, model: LanguageModel, path: Path) -> None:
        self._model = model
        self._path = path
        self._known = _read(path)
        self.remembered = 0.0  # seconds of the drafts that came from the file

    @property
    def identity(self) -> ModelIdentity:
        return self._model.identity

    def complete(self, **asked: Any) -> Draft:
        """As the model did, or does."""
        key = _key(self.identity, asked)
        if key in self._known:
            self.remembered += self._known[key].seconds
            return self._known[key]
        draft = self._model.complete(**asked)
        self._known[key] = draft
        with self._path.open("ab") as file:
            file.write(orjson.dumps({"key": key, **asdict(draft)}) + b"\n")
        return draft

    def close(self) -> None:
        """Let go of the model."""
        close = getattr(self._model, "close", None)
        if close is not None:
            close()


def _key(identity: ModelIdentity, asked: dict[str, Any]) -> str:
    """Everything the completion depends on: the weights, what they read, and the form asked for."""
    said = [identity.digest, asked["system"], asked["user"], asked["schema"], asked["max_tokens"]]
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _read(path: Path) -> dict[str, Draft]:
    if not path.exists():
        return {}
    known: dict[str, Draft] = {}
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            one = orjson.loads(line)
            key = one.pop("key")
            known[key] = Draft(**one)
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            if number >= len(lines) - 1:
                continue  # the run was stopped while it wrote
            raise InvalidInput(
                f"{path.name}, line {number}: this is not a file of kept drafts.", code="drafts_unreadable"
            ) from None
    return known
