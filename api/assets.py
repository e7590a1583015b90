"""The service's own style sheets, scripts and pictures, read once and named by their content."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    media_type: str
    digest: str


class Assets:
    """Every file under `api/static`. Only these names exist, so no path can lead elsewhere."""

    def __init__(self) -> None:
        self._known = dict(_read(files("api") / "static", ""))

    def get(self, name: str) -> Asset | None:
        return self._known.get(name)

    def address(self, name: str) -> str:
        """Its address, which changes with its content so that browsers may keep it for ever."""
        return f"/static/{name}?v={self._known[name].digest}"


def _read(folder: Traversable, prefix: str) -> list[tuple[str, Asset]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _read(entry, f"{prefix}{entry.name}/")
        elif (suffix := "." + entry.name.rsplit(".", 1)[-1]) in _TYPES:
            body = entry.read_bytes()
            found.append((prefix + entry.name, Asset(body, _TYPES[suffix], hashlib.sha256(body).hexdigest()[:12])))
    return found
