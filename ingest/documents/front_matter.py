"""YAML that says what a document is: at its head, or in a file beside it."""

import re
from collections.abc import Mapping
from typing import Any

from ingest.documents.refusals import Refused

_FENCED = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
# Front matter is a dozen lines; anything longer is not meant as such.
_LONGEST = 20_000


def split_front_matter(text: str) -> tuple[Mapping[str, object], str]:
    """The front matter of a text and what follows it."""
    fenced = _FENCED.match(text.lstrip("\ufeff"))
    if fenced is None or len(fenced[1]) > _LONGEST:
        return {}, text
    found = parse_yaml(fenced[1])
    return (found, text.lstrip("\ufeff")[fenced.end() :]) if found else ({}, text)


def parse_yaml(text: str) -> Mapping[str, object]:
    """A YAML mapping with plain values; what is none is empty."""
    import yaml

    try:
        found: Any = yaml.load(text, Loader=_loader())  # noqa: S506 a safe loader, without aliases
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}


def read_side_car(content: bytes) -> Mapping[str, object]:
    """The mapping of a side-car file; one that cannot be read is refused rather than ignored."""
    try:
        found = parse_yaml(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        found = {}
    if content.strip() and not found:
        raise Refused("unreadable", "The YAML file beside it cannot be read.")
    return found


def _loader() -> Any:
    import yaml

    class NoAliases(yaml.SafeLoader):
        """Refuses anchors, by which ten lines become gigabytes."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError("aliases are not read")
            return super().compose_node(parent, index)

    return NoAliases
