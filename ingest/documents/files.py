"""Which files a path stands for, each with the side-car that describes it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cds.errors import InvalidInput
from ingest.documents.reading import LARGEST_FILE, content_hash, format_of
from ingest.documents.refusals import Refused

_SIDE_CARS = (".yaml", ".yml")
# A side-car is a dozen lines.
_LARGEST_SIDE_CAR = 100_000


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to take in, the name it goes by in the library, and its side-car."""

    path: Path
    name: str
    side_car: Path | None = None

    def load(self) -> tuple[bytes, bytes | None]:
        """The file's bytes and its side-car's; refused when they are too many."""
        if self.path.stat().st_size > LARGEST_FILE:
            raise Refused("too_large")
        side_car = None
        if self.side_car is not None:
            if self.side_car.stat().st_size > _LARGEST_SIDE_CAR:
                raise Refused("too_large", "The YAML file beside it is no side-car.")
            side_car = self.side_car.read_bytes()
        return self.path.read_bytes(), side_car

    def content_hash(self) -> str:
        content, side_car = self.load()
        return content_hash(content, side_car)


def find_files(paths: Sequence[Path]) -> list[SourceFile]:
    """Every file under these paths once, in the order of their names."""
    found: dict[Path, SourceFile] = {}
    for path in paths:
        if not path.exists():
            raise InvalidInput(f"{path} does not exist. Give files or folders of guidelines.", code="no_such_path")
        root = path.resolve()
        for file in _under(root):
            # Named from the folder that was given, so that a library keeps its names wherever it is mounted.
            name = (
                f"{root.name}/{file.relative_to(root).as_posix()}"
                if root.is_dir()
                else f"{root.parent.name}/{root.name}"
            )
            found.setdefault(file, SourceFile(file, name[-400:]))
    if not found:
        where = ", ".join(str(path) for path in paths)
        raise InvalidInput(f"There are no files in {where}.", code="nothing_to_read")
    return sorted(_with_side_cars(found), key=lambda one: str(one.path))


def _under(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for path in sorted(root.rglob("*")):
        hidden = any(part.startswith((".", "~$")) for part in path.relative_to(root).parts)
        if not hidden and path.is_file():
            yield path


def _with_side_cars(found: dict[Path, SourceFile]) -> Iterable[SourceFile]:
    for path, source in found.items():
        if path.suffix.lower() in _SIDE_CARS and _described_by(path, found):
            continue
        yield SourceFile(path, source.name, _side_car_of(path))


def _side_car_of(path: Path) -> Path | None:
    """`pneumonia.pdf.yaml` or, for a file of a known format, `pneumonia.yaml`."""
    if format_of(path.name) is None:
        return None
    for beside in (path.with_name(path.name + end) for end in _SIDE_CARS):
        if beside.is_file():
            return beside
    return next((path.with_suffix(end) for end in _SIDE_CARS if path.with_suffix(end).is_file()), None)


def _described_by(side_car: Path, found: dict[Path, SourceFile]) -> bool:
    stem = side_car.with_suffix("")
    if format_of(stem.name) is not None and stem in found:
        return True
    return any(
        other.stem == side_car.stem and other.parent == side_car.parent and format_of(other.name) for other in found
    )
