"""The guidelines in force as files, each with a side-car that says of it what the library knows."""

from pathlib import Path

import yaml

from api.services import Services
from cds.clock import today
from knowledge.originals import Originals

_FIELDS = {
    "id": "document",
    "title": "title",
    "publisher": "publisher",
    "version": "version",
    "published": "published",
    "next_review": "review_due",
    "population": "population",
    "jurisdiction": "jurisdiction",
    "language": "language",
    "licence": "licence",
}


def write_library(services: Services, folder: Path) -> int:
    """Originals of what is in force today, so that another machine ingests the same."""
    originals = Originals(services.settings.data / "originals")
    with services.db.reading() as tx:
        in_force = services.library.in_force(tx, today(services.clock))
        editions = [one for one in services.library.editions(tx) if one.id in in_force]
    folder.mkdir(parents=True, exist_ok=True)
    for one in editions:
        name = Path(one.file).name
        path = folder / (f"{one.document}{Path(name).suffix}" if (folder / name).exists() else name)
        path.write_bytes(originals.read(one.original_hash))
        known = {key: getattr(one, name) for key, name in _FIELDS.items()}
        stated = {key: value for key, value in known.items() if value is not None}
        side_car = yaml.safe_dump(stated, allow_unicode=True, sort_keys=False)
        path.with_suffix(".yaml").write_text(side_car, encoding="utf-8")
    return len(editions)
