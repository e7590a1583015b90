"""Make the sample files from their sources: `python -m ingest.samples.make`."""

from pathlib import Path

from ingest.samples import EARLIER_EDITIONS, FOLDER, LIBRARY, PATIENTS
from ingest.samples.bundles import to_bundle
from ingest.samples.rendering import FORMATS, side_car, to_markdown
from ingest.samples.source import read_guideline

GUIDELINE_SOURCES = FOLDER / "sources" / "guidelines"
PATIENT_SOURCES = FOLDER / "sources" / "patients"


def make_library(library: Path, earlier: Path) -> list[Path]:
    """Write every guideline in its format; formats without front matter get a side-car."""
    made = []
    for source in sorted(GUIDELINE_SOURCES.glob("*.md")):
        guideline = read_guideline(source)
        folder = library if guideline.in_force else earlier
        ending, render = FORMATS.get(guideline.stem, (".md", to_markdown))
        made.append(_write(folder / f"{guideline.stem}{ending}", render(guideline)))
        if ending != ".md":
            made.append(_write(folder / f"{guideline.stem}.yaml", side_car(guideline)))
    return made


def make_patients(folder: Path) -> list[Path]:
    """Write one FHIR bundle a patient."""
    return [_write(folder / f"{p.stem}.json", to_bundle(p)) for p in sorted(PATIENT_SOURCES.glob("*.yaml"))]


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


if __name__ == "__main__":
    for path in [*make_library(LIBRARY, EARLIER_EDITIONS), *make_patients(PATIENTS)]:
        print(path.relative_to(FOLDER))
