"""A starter library and synthetic patients, written for this project. Not for care."""

from pathlib import Path

FOLDER = Path(__file__).parent
LIBRARY = FOLDER / "library"
"""Guidelines in force, in the formats hospitals keep them in."""
EARLIER_EDITIONS = LIBRARY / "earlier"
"""Editions that were replaced: publish these before the rest of the library."""
PATIENTS = FOLDER / "patients"
"""One FHIR R4 bundle a patient."""
