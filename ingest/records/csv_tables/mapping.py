"""What the columns of a CSV file mean: the mapping that ships, with the one that was given laid over it."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from cds.errors import InvalidInput

KINDS = frozenset(
    {"patients", "conditions", "medications", "allergies", "observations", "procedures", "immunizations", "notes"}
)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which file holds what, which column means what, and which codes are meant."""

    files: Mapping[str, str]
    columns: Mapping[str, str]  # a column's plain name → what it means
    systems: Mapping[str, str]
    patients: str  # the system of the patients' numbers

    def kind_of(self, file: str) -> str | None:
        """What a file of this name holds."""
        stem = plain(Path(file).name.removesuffix(".gz").rsplit(".", 1)[0])
        return self.files.get(stem)

    def meanings(self, header: Sequence[str]) -> dict[int, str]:
        """What each column of this header means; the first column of a meaning counts."""
        found: dict[int, str] = {}
        for position, column in enumerate(header):
            meaning = self.columns.get(plain(column))
            if meaning is not None and meaning not in found.values():
                found[position] = meaning
        return found


def load_mapping(given: Path | None) -> ColumnMapping:
    """The mapping that ships, overridden by this file where it says something."""
    content = tomllib.loads((files("ingest.records.csv_tables") / "columns.toml").read_text(encoding="utf-8"))
    more = {} if given is None else _read(given)
    unknown = sorted(set(more) - set(content))
    if unknown:
        raise InvalidInput(f"The mapping has unknown parts: {', '.join(unknown)}.", code="bad_mapping")
    columns = {plain(name): meaning for meaning, names in content["columns"].items() for name in names}
    for meaning, names in more.get("columns", {}).items():
        if meaning not in content["columns"]:
            raise InvalidInput(
                f"The mapping names {meaning!r}, which means nothing here. It may be: "
                f"{', '.join(sorted(content['columns']))}.",
                code="bad_mapping",
            )
        # Who says which column means something, means no other.
        columns = {name: other for name, other in columns.items() if other != meaning}
        columns.update({plain(name): meaning for name in ([names] if isinstance(names, str) else names)})
    holds = {plain(Path(name).stem): kind for name, kind in {**content["files"], **more.get("files", {})}.items()}
    wrong = sorted(set(holds.values()) - KINDS)
    if wrong:
        raise InvalidInput(f"A file holds one of {', '.join(sorted(KINDS))}, not {wrong[0]!r}.", code="bad_mapping")
    return ColumnMapping(
        files=holds,
        columns=columns,
        systems={**content["systems"], **more.get("systems", {})},
        patients=str({**content["patients"], **more.get("patients", {})}["system"]),
    )


def plain(name: str) -> str:
    """A column's name as it is compared."""
    return re.sub(r"[\s_\-.]+", "", name.strip().lower().lstrip("\ufeff"))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"The mapping cannot be read as TOML: {error}.", code="bad_mapping") from None
