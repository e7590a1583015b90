"""A small library to search in, written for these tests."""

import hashlib
from datetime import date

from sqlalchemy import Connection

from cds.evidence import Evidence, SearchFilter
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


def document(
    name: str,
    *,
    version: str = "1",
    published: date = date(2025, 1, 1),
    language: str = "en",
    population: str | None = None,
) -> NewDocument:
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
        metadata=Metadata(
            title=title, id=name, version=version, published=published, language=language, population=population
        ),
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


def add_of_all_kinds(tx: Connection, library: Library) -> None:
    """Editions that differ in each thing a filter can name; the first of diabetes was superseded in June 2026."""
    add_published(tx, library, "hypertension", population="Adults aged 18 and over")
    add_published(tx, library, "pneumonia", population="Children under 5", language="de")
    add_published(tx, library, "diabetes")
    add_published(tx, library, "diabetes", version="2", published=date(2026, 6, 1))  # type: ignore[arg-type]


OF_ALL_KINDS = "blood pressure, metformin and amoxicillin"  # a question with a word of each
_THEN = date(2025, 6, 1)
_NOW = {"hypertension@1", "diabetes@2", "pneumonia@1"}
# What each filter leaves of them.
LEFT_BY: dict[SearchFilter, set[str]] = {
    SearchFilter(): _NOW,
    SearchFilter(kind="guideline"): _NOW,
    SearchFilter(kind="record"): set(),
    SearchFilter(state="published"): _NOW,
    SearchFilter(state="superseded"): set(),
    SearchFilter(as_of=_THEN): {"hypertension@1", "diabetes@1", "pneumonia@1"},
    SearchFilter(as_of=_THEN, state="superseded"): {"diabetes@1"},
    SearchFilter(as_of=_THEN, state="published"): {"hypertension@1", "pneumonia@1"},
    SearchFilter(language="en"): {"hypertension@1", "diabetes@2"},
    SearchFilter(language="DE"): {"pneumonia@1"},
    SearchFilter(language="d"): set(),  # a language, not the beginning of one
    SearchFilter(language="fr"): set(),
    SearchFilter(population="adults"): {"hypertension@1"},
    SearchFilter(population="CHILDREN"): {"pneumonia@1"},
    SearchFilter(population="pregnancy"): set(),
    SearchFilter(population="%"): set(),  # no pattern of the database's
    SearchFilter(population="adults", language="de"): set(),
    SearchFilter(population="children", language="de"): {"pneumonia@1"},
}


def editions_of(evidence: Evidence) -> set[str]:
    """From which editions something was found."""
    return {f"{hit.passage.document.id}@{hit.passage.document.version}" for hit in evidence.hits}
