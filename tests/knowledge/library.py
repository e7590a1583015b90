"""A small library to search in, written for these tests."""

import hashlib
from datetime import date

from sqlalchemy import Connection

from cds.sentences import split_sentences
from knowledge.editions import Metadata, NewDocument, NewPassage
from knowledge.guidelines import Library

TEXTS = {
    "hypertension": (
        "Hypertension in adults",
        (
            (
                "Treatment",
                "Offer an ACE inhibitor or an angiotensin receptor blocker as the first drug to adults under 55.",
            ),
            ("Monitoring", "Measure serum potassium and creatinine two weeks after starting an ACE inhibitor."),
            ("Targets", "Aim for a clinic blood pressure below 140/90 mmHg in adults under 80 years."),
        ),
    ),
    "diabetes": (
        "Type 2 diabetes",
        (
            (
                "Drugs",
                "Start metformin unless eGFR is below 30 mL/min/1.73 m2; then choose an SGLT2i or a DPP-4 inhibitor.",
            ),
            ("Monitoring", "Measure HbA1c every three months until it is stable, then every six months."),
        ),
    ),
    "pneumonia": (
        "Community-acquired pneumonia",
        (
            ("Antibiotics", "Give amoxicillin for five days to adults with pneumonia of low severity."),
            ("Admission", "Consider hospital care for a CRB-65 score of two or more."),
        ),
    ),
}


def document(name: str, *, version: str = "1", published: date = date(2025, 1, 1), language: str = "en") -> NewDocument:
    """One of the texts as an edition that was read from a file."""
    title, sections = TEXTS[name]
    text, passages = "", []
    for section, body in sections:
        start = len(text)
        text += f"{body}\n\n"
        sentences = tuple((one.start, one.end) for one in split_sentences(body))
        passages.append(NewPassage(start=start, end=start + len(body), section=(section,), sentences=sentences))
    digest = hashlib.sha256(f"{name} {version}".encode()).hexdigest()
    return NewDocument(
        metadata=Metadata(title=title, id=name, version=version, published=published, language=language),
        content_hash=digest,
        original_hash=digest,
        file=f"{name}.md",
        format="markdown",
        text=text,
        passages=tuple(passages),
    )


def add_published(tx: Connection, library: Library, name: str, **options: str) -> str:
    """Put one of the texts in force."""
    edition = library.add_draft(tx, document(name, **options))  # type: ignore[arg-type]
    library.publish(tx, edition, actor=None)
    return edition
