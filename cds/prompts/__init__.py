"""Prompts are files; each is known by its SHA-256, which every recommendation carries."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Prompt:
    """One system prompt, exactly as it is on disk."""

    name: str
    text: str
    sha256: str


@cache
def load_prompt(name: str, *, family: str | None = None) -> Prompt:
    """The prompt of that name; a model family's own (`draft.qwen.md`) where there is one."""
    own = _FOLDER / f"{name}.{family}.md"
    path = own if family and own.exists() else _FOLDER / f"{name}.md"
    content = path.read_bytes()
    return Prompt(path.stem, content.decode("utf-8").strip(), hashlib.sha256(content).hexdigest())
