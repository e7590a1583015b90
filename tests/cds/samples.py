"""One recommendation as a consult makes it, for tests to record and change."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from cds.evidence import DocumentRef, Hit, Passage, Sentence
from cds.ids import new_id
from cds.recommendation import (
    Because,
    CheckResult,
    Citation,
    ModelStamp,
    PromptStamp,
    Recommendation,
    Stamp,
    Statement,
    Withheld,
)
from cds.recommendation import Warning as PatientWarning

TEXT = "Give amoxicillin 500 mg three times daily for 5 days. Do not give it in penicillin allergy."


def passage(name: str = "p1", *, edition: str = "pneumonia-2025", document: str = "pneumonia") -> Passage:
    return Passage(
        id=name,
        kind="guideline",
        text=TEXT,
        sentences=(Sentence(1, 0, 53, TEXT[:53]), Sentence(2, 54, len(TEXT), TEXT[54:])),
        document=DocumentRef(
            id=document,
            edition=edition,
            title="Pneumonia in adults",
            publisher="Demonstration Guideline Group",
            version="2025",
            published=date(2025, 3, 1),
        ),
        section=("Treatment", "Low severity"),
        page=4,
        start=100,
        end=100 + len(TEXT),
        strength="strong",
        certainty="moderate",
        negated=frozenset({2}),
    )


def recommendation(**changes: Any) -> Recommendation:
    found = passage()
    cited = Citation(
        passage=found.id,
        sentences=(1,),
        quote=TEXT[:53],
        document=found.document.id,
        title=found.document.title,
        version="2025",
        section=found.section,
        page=4,
        published=date(2025, 3, 1),
    )
    made = Recommendation(
        id=new_id(),
        status="answered",
        question="Which antibiotic for mild pneumonia?",
        patient="patient-1",
        asked_at=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
        asked_by="u-1",
        statements=(
            Statement(
                text="Give amoxicillin 500 mg three times daily for 5 days.",
                kind="recommendation",
                citations=(cited,),
                because=(Because("birth_date", "born 1980-01-01"),),
                checks=(CheckResult("number", "pass"),),
                certainty="moderate",
            ),
        ),
        withheld=(Withheld(text="Give 5 g.", failed="number", detail="5 g is not in the cited sentence"),),
        warnings=(PatientWarning(kind="renal", text="eGFR 24", because=(Because("obs-1", "eGFR 24"),)),),
        evidence=(Hit(found, 0.9), Hit(passage("p2", edition="copd-2024", document="copd"), 0.4)),
        contradictions=(),
        abstention=None,
        referral=None,
        stamp=Stamp(
            model=ModelStamp("small", "sha256:ab", "xllamacpp"),
            prompt=PromptStamp("draft", "cd" * 32),
            generation="g1",
            embedder="minilm",
            software="0.1.0",
        ),
        seconds={"searching": 0.05, "reading": 1.2},
    )
    return replace(made, **changes)
