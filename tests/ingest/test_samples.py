"""The samples: made from their sources, complete, marked as not for care."""

import base64
import datetime as dt
import io
import json
import re
from pathlib import Path

import docx
import pypdfium2
import pytest

from ingest.samples import EARLIER_EDITIONS, LIBRARY, PATIENTS
from ingest.samples.make import GUIDELINE_SOURCES, PATIENT_SOURCES, make_library, make_patients
from ingest.samples.rendering import FORMATS, to_docx
from ingest.samples.source import NOTICE, read_guideline

GUIDELINES = [read_guideline(path) for path in sorted(GUIDELINE_SOURCES.glob("*.md"))]
IN_FORCE = [guideline for guideline in GUIDELINES if guideline.in_force]
WRITTEN_FOR = dt.date(2026, 11, 21)  # the samples are told as of this day

STRENGTH = re.compile(r"Strength: (strong|conditional)\. Certainty: (high|moderate|low|very low)\.")


def text_of(path: Path) -> list[str]:
    """The text of a made file, page by page where it has pages."""
    if path.suffix == ".pdf":
        pages = pypdfium2.PdfDocument(path)
        return [page.get_textpage().get_text_range() for page in pages]
    if path.suffix == ".docx":
        return ["\n".join(paragraph.text for paragraph in docx.Document(str(path)).paragraphs)]
    return [path.read_text(encoding="utf-8")]


def made_files() -> list[Path]:
    return [path for path in LIBRARY.rglob("*") if path.suffix in {".md", ".html", ".docx", ".pdf"}]


def test_the_kept_files_are_what_the_sources_make(tmp_path: Path) -> None:
    make_library(tmp_path, tmp_path / "earlier")
    make_patients(tmp_path / "patients")
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(LIBRARY) for path in LIBRARY.rglob("*") if path.is_file()}
    kept |= {Path("patients") / path.name for path in PATIENTS.glob("*.json")}
    assert made == kept
    for name in made:
        original = (PATIENTS / name.name) if name.parts[0] == "patients" else LIBRARY / name
        if name.suffix in {".pdf", ".docx"}:  # bytes depend on the versions of two libraries, text does not
            assert text_of(tmp_path / name) == text_of(original), name
        else:
            assert (tmp_path / name).read_bytes() == original.read_bytes(), name


@pytest.mark.parametrize("stem", ["pneumonia", "asthma"])
def test_the_same_source_gives_the_same_bytes(stem: str) -> None:
    guideline = read_guideline(GUIDELINE_SOURCES / f"{stem}.md")
    _, render = FORMATS[stem]
    assert render(guideline) == render(guideline)


@pytest.mark.parametrize("path", made_files(), ids=lambda path: path.name)
def test_every_page_of_every_document_says_it_is_not_for_care(path: Path) -> None:
    assert all(NOTICE in page for page in text_of(path))


def test_word_files_carry_the_notice_in_the_footer_of_every_page() -> None:
    document = docx.Document(io.BytesIO(to_docx(GUIDELINES[0])))
    assert document.sections[0].footer.paragraphs[0].text == NOTICE


def test_all_four_formats_and_two_earlier_editions_are_there() -> None:
    endings = [path.suffix for path in made_files() if path.parent == LIBRARY]
    assert min(endings.count(ending) for ending in (".md", ".html", ".docx", ".pdf")) >= 3
    assert sorted(path.stem for path in EARLIER_EDITIONS.iterdir()) == ["hypertension-2019", "pneumonia-2021"]


@pytest.mark.parametrize("guideline", GUIDELINES, ids=lambda guideline: guideline.stem)
def test_a_guideline_has_the_length_facts_and_graded_recommendations_promised(guideline) -> None:  # type: ignore[no-untyped-def]
    assert 600 <= len(guideline.body.split()) <= 2500
    assert len(guideline.about) == 8 and guideline.facts["published"] < guideline.facts["next_review"]
    assert guideline.blocks[0].kind == "title" and guideline.blocks[0].text == guideline.facts["title"]
    graded = [block.text for block in guideline.blocks if "Strength:" in block.text]
    assert len(graded) >= 12 and all(STRENGTH.search(text) for text in graded)
    assert any(block.kind == "table" and len(block.rows) >= 3 for block in guideline.blocks)
    for block in guideline.blocks:
        assert len({len(row) for row in block.rows}) <= 1  # every row of a table has a cell for every column


def test_exactly_one_guideline_in_force_is_past_its_review_date() -> None:
    assert [g.stem for g in IN_FORCE if g.facts["next_review"] < WRITTEN_FOR] == ["copd"]


def test_an_earlier_edition_is_the_same_document_with_an_earlier_date() -> None:
    now = {guideline.facts["id"]: guideline for guideline in IN_FORCE}
    for earlier in (guideline for guideline in GUIDELINES if not guideline.in_force):
        current = now[earlier.facts["id"]]
        assert earlier.facts["superseded_by"] == current.facts["version"]
        assert earlier.facts["version"] == current.facts["supersedes"]
        assert earlier.facts["published"] < current.facts["published"]


def test_a_dose_table_runs_over_two_pages_with_its_header_on_both() -> None:
    pages = text_of(LIBRARY / "prescribing-safety.pdf")
    assert sum("Usual adult" in page for page in pages) == 2


@pytest.mark.parametrize("path", sorted(PATIENTS.glob("*.json")), ids=lambda path: path.stem)
def test_a_bundle_is_whole(path: Path) -> None:
    bundle = json.loads(path.read_text(encoding="utf-8"))
    urls = {entry["fullUrl"] for entry in bundle["entry"]}
    assert len(urls) == len(bundle["entry"])
    assert set(re.findall(r'"reference": "([^"]+)"', path.read_text(encoding="utf-8"))) <= urls
    for entry in bundle["entry"]:
        resource = entry["resource"]
        assert entry["fullUrl"] == f"urn:uuid:{resource['id']}"
        for content in resource.get("content", []):
            assert base64.b64decode(content["attachment"]["data"], validate=True).decode().strip()
    days = re.findall(r"\b(\d{4}-\d\d-\d\d)T", path.read_text(encoding="utf-8"))
    assert all(dt.date.fromisoformat(day) <= WRITTEN_FOR for day in days)


def test_there_is_a_patient_about_whom_nothing_is_known() -> None:
    bundle = json.loads((PATIENTS / "nothing-known.json").read_text(encoding="utf-8"))
    assert {entry["resource"]["resourceType"] for entry in bundle["entry"]} == {
        "Patient",
        "Organization",
        "Practitioner",
    }


def test_there_are_at_least_twelve_patients_each_with_its_own_number() -> None:
    bundles = [json.loads(path.read_text(encoding="utf-8")) for path in PATIENTS.glob("*.json")]
    numbers = {bundle["entry"][0]["resource"]["identifier"][0]["value"] for bundle in bundles}
    assert len(numbers) == len(bundles) == len(list(PATIENT_SOURCES.glob("*.yaml"))) >= 12
