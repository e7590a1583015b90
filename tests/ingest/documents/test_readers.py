"""What each reader makes of structure: headings, lists, gradings, what is left out, what is said of the document."""

from datetime import date

import pytest

from ingest.documents.reading import format_of, read_edition
from ingest.documents.refusals import Refused
from knowledge.editions import NewDocument
from tests.ingest.documents.making import docx, pdf, wrapped, write

MARKDOWN = """---
title: Cough in adults
id: cough
publisher: Ward Seven
version: 2.1
published: 2025-03-01
review_due: March 2028
population: Adults
---

# Cough in adults

Demonstration content. Not for clinical care.

## Treatment

Offer honey. Strength: conditional. Certainty: low.

Offer one of:

- amoxicillin 500 mg three times a day
- doxycycline 200 mg on the first day

### Children

1. Do not give codeine.
2. Review after 5 days.

## References

1. Somebody. A trial. 2001.
"""


def read(content: str | bytes, file: str = "x/cough.md", side_car: str | None = None) -> NewDocument:
    raw = content.encode() if isinstance(content, str) else content
    return read_edition(raw, file=file, side_car=side_car.encode() if side_car is not None else None)


def texts(document: NewDocument) -> list[str]:
    return [document.text[passage.start : passage.end] for passage in document.passages]


def test_markdown_keeps_headings_lists_and_gradings() -> None:
    document = read(MARKDOWN)
    assert [(passage.section, passage.strength, passage.certainty) for passage in document.passages] == [
        (("Treatment",), "conditional", "low"),
        (("Treatment",), None, None),
        (("Treatment", "Children"), None, None),
    ]
    assert texts(document)[1] == (
        "Offer one of:\n\n- amoxicillin 500 mg three times a day\n- doxycycline 200 mg on the first day"
    )
    assert texts(document)[2] == "1. Do not give codeine.\n2. Review after 5 days."
    assert document.passages[2].population == "Children"
    assert document.passages[0].population == "Adults"


def test_what_the_front_matter_states_is_kept_with_where_it_stood() -> None:
    what = read(MARKDOWN).metadata
    assert (what.id, what.title, what.publisher, what.version) == ("cough", "Cough in adults", "Ward Seven", "2.1")
    assert (what.published, what.review_due) == (date(2025, 3, 1), date(2028, 3, 1))
    assert what.jurisdiction is None
    assert what.provenance["review_due"] == "front matter"
    assert "jurisdiction" not in what.provenance


def test_a_side_car_speaks_where_the_document_is_silent() -> None:
    what = read("# Cough\n\nOffer honey.", side_car="publisher: Ward Nine\npublished: 3 May 2024\n").metadata
    assert (what.publisher, what.published) == ("Ward Nine", date(2024, 5, 3))
    assert what.provenance["publisher"] == "side-car"
    assert what.provenance["title"] == "first page"


def test_a_side_car_that_is_no_yaml_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        read("# Cough\n\nOffer honey.", side_car=": : :\n\t- {")
    assert refused.value.code == "unreadable"


def test_the_first_page_is_read_for_what_nothing_else_states() -> None:
    text = (
        "COUGH IN ADULTS\n\nPublisher: Ward Two. Version: 4. Published: 12 March 2024. Next review: March 2027\n\n"
        "Treatment\n\nOffer honey to adults with acute cough for up to five days.\n"
    )
    document = read(text, file="x/cough.txt")
    what = document.metadata
    assert (what.title, what.publisher, what.version) == ("COUGH IN ADULTS", "Ward Two", "4")
    assert (what.published, what.review_due) == (date(2024, 3, 12), date(2027, 3, 1))
    assert texts(document) == ["Offer honey to adults with acute cough for up to five days."]


def test_reference_lists_and_tables_of_contents_are_no_evidence() -> None:
    document = read(
        "# Cough\n\n## Contents\n\nTreatment ..... 3\n\n## Treatment\n\nOffer honey.\n\n## References\n\n1. X. 2001."
    )
    assert texts(document) == ["Offer honey."]
    assert {flag.kind for flag in document.flags} == {"contents", "references"}


def test_html_keeps_the_content_and_drops_the_furniture() -> None:
    page = """<html lang="en"><head><title>Cough</title><meta name="dc.publisher" content="Ward Six"></head><body>
    <nav>Home | About</nav><header><h1>Cough</h1></header><div class="banner">Accept</div>
    <h2>Treatment</h2><p>Offer honey<sup>12</sup> to 10<sup>9</sup> people per m<sup>2</sup>.</p>
    <p>Use:</p><ul><li>honey<ul><li>warm</li></ul></li><li>rest</li></ul>
    <dl><dt>Dose</dt><dd>5 mL</dd></dl><script>alert(1)</script><footer>Imprint</footer></body></html>"""
    document = read(page, file="x/cough.html")
    assert document.metadata.publisher == "Ward Six"
    assert document.metadata.language == "en"
    whole = " ".join(texts(document))
    assert "Offer honey to 10⁹ people per m²." in whole
    assert "Use:\n\n- honey\n- warm\n- rest" in whole
    assert "Dose: 5 mL" in whole
    assert all(word not in whole for word in ("About", "alert", "Imprint"))


def test_docx_keeps_headings_numbered_lists_and_drops_what_was_deleted() -> None:
    def fill(document: object) -> None:
        document.add_heading("Cough", 0)  # type: ignore[attr-defined]
        document.add_heading("Treatment", 1)  # type: ignore[attr-defined]
        document.add_paragraph("Offer honey.")  # type: ignore[attr-defined]
        for item in ("Weigh the child.", "Give 5 mL."):
            document.add_paragraph(item, style="List Number")  # type: ignore[attr-defined]
        hidden = document.add_paragraph("Seen. ").add_run("Unseen.")  # type: ignore[attr-defined]
        hidden.font.hidden = True

    document = read(docx(fill), file="x/cough.docx")
    assert texts(document) == ["Offer honey.\n\n1. Weigh the child.\n2. Give 5 mL.\n\nSeen."]
    assert document.passages[0].section == ("Treatment",)
    assert "hidden" in {flag.kind for flag in document.flags}


def test_a_paragraph_of_two_recommendations_becomes_two_passages() -> None:
    document = read(
        "# Cough\n\nOffer X. Strength: strong. Certainty: high. Avoid Y. Strength: conditional. Certainty: low."
    )
    assert [(passage.strength, passage.certainty) for passage in document.passages] == [
        ("strong", "high"),
        ("conditional", "low"),
    ]


@pytest.mark.parametrize(
    ("text", "graded"),
    [
        ("We suggest X (conditional recommendation, low certainty of evidence).", ("conditional", "low")),
        ("Use X (strong recommendation; moderate-quality evidence).", ("strong", "moderate")),
        ("Use X. Class IIa, Level of Evidence B.", ("class IIa", "level B")),
        ("Use X (GRADE 1B).", ("strong", "moderate")),
        ("Use X (recommendation category: A, evidence type: 4).", ("category A", "evidence type 4")),
        ("Good practice statement: wash hands.", ("good practice", None)),
        ("A strong smell; quality of life was high.", (None, None)),
        ("Class I obesity is common.", (None, None)),
    ],
)
def test_gradings_are_read_in_the_forms_societies_use(text: str, graded: tuple[str | None, str | None]) -> None:
    (passage,) = read(f"# Cough\n\n{text}").passages
    assert (passage.strength, passage.certainty) == graded


def test_passages_never_cross_a_heading_and_never_grow_past_their_limit() -> None:
    sentence = "The committee considered the balance of benefits and harms for adults. "
    document = read("# Cough\n\n" + "".join(f"## S{n}\n\n{sentence * 40}\n\n" for n in range(3)))
    assert {passage.section for passage in document.passages} == {("S0",), ("S1",), ("S2",)}
    for text in texts(document):
        assert 0 < len(text.split()) <= 200
        assert "## " not in text


def test_a_long_list_goes_on_under_its_lead_in() -> None:
    items = "\n".join(
        f"- item {n} with some twelve words so that the list becomes rather long indeed" for n in range(20)
    )
    document = read(f"# Cough\n\n## T\n\nStop these medicines before surgery:\n\n{items}")
    first, *others = document.passages
    assert document.text[first.start :].startswith("Stop these medicines")
    assert others
    assert all(passage.section == ("T", "Stop these medicines before surgery") for passage in others)


def pdf_of(text: str) -> bytes:
    return pdf(lambda canvas, number: write(canvas, 60, 760, wrapped(text, 80)))


def test_pdf_mends_hyphens_and_ligatures() -> None:
    def draw(canvas: object, number: int) -> None:
        write(
            canvas,
            60,
            700,
            ["Start with a sufficient dose of anti-", "coagulants in com-", "munity settings for diffi-"],
        )
        write(canvas, 60, 662.5, ["cult cases. Use low-", "dose aspirin when anticoagulants fail."])

    (text,) = texts(read(pdf(draw), file="x/a.pdf"))
    assert text == (
        "Start with a sufficient dose of anticoagulants in community settings for difficult cases. "
        "Use low-dose aspirin when anticoagulants fail."
    )


def test_two_columns_are_read_one_after_the_other() -> None:
    left = (
        "The left column speaks of adults with pneumonia who are treated at home with amoxicillin for five days. " * 4
    )
    right = (
        "The right column speaks of children with asthma who are treated in hospital with inhaled salbutamol first. "
        * 4
    )

    def draw(canvas: object, number: int) -> None:
        write(
            canvas, 60, 780, ["A title that crosses both of the columns of this page"], size=18, font="Helvetica-Bold"
        )
        write(canvas, 60, 740, wrapped(left, 46))
        write(canvas, 320, 740, wrapped(right, 46))

    document = read(pdf(draw), file="x/a.pdf")
    whole = document.text
    assert " ".join(left.split()) in whole
    assert " ".join(right.split()) in whole
    assert whole.index("left column") < whole.index("right column")
    assert document.metadata.title == "A title that crosses both of the columns of this page"


def test_three_columns_of_text_are_columns_and_no_table() -> None:
    def draw(canvas: object, number: int) -> None:
        write(canvas, 40, 800, ["Three columns"], size=18, font="Helvetica-Bold")
        for at, topic in enumerate(("hypertension", "asthma", "sepsis")):
            text = f"This column speaks of {topic} in adults who are treated in this house by its physicians. " * 6
            write(canvas, 40 + 180 * at, 760, wrapped(text, 34), size=9)

    whole = read(pdf(draw), file="x/a.pdf").text
    assert whole.index("asthma") > whole.rindex("hypertension")
    assert whole.index("sepsis") > whole.rindex("asthma")
    assert "; " not in whole


def test_a_short_heading_below_columns_comes_after_both() -> None:
    text = "Adults with pneumonia are treated at home with amoxicillin for five days by their own physician. " * 4

    def draw(canvas: object, number: int) -> None:
        write(
            canvas, 60, 780, ["A title that crosses both of the columns of this page"], size=18, font="Helvetica-Bold"
        )
        write(canvas, 60, 740, wrapped("Left: " + text, 46))
        write(canvas, 320, 740, wrapped("Right: " + text, 46))
        write(canvas, 60, 560, ["Doses"], size=14, font="Helvetica-Bold")
        write(canvas, 60, 530, wrapped("Below: " + text, 92))

    whole = read(pdf(draw), file="x/a.pdf").text
    assert whole.index("Left:") < whole.index("Right:") < whole.index("Doses") < whole.index("Below:")


def test_lines_that_were_ended_on_purpose_are_not_run_together() -> None:
    def draw(canvas: object, number: int) -> None:
        write(
            canvas,
            60,
            700,
            ["The following medicines are chosen by the committee for adults who can take tablets at home."],
        )
        write(canvas, 60, 687.5, ["Atorvastatin 20 mg", "Ezetimibe 10 mg"])

    assert "Atorvastatin 20 mg\n\nEzetimibe 10 mg" in read(pdf(draw), file="x/a.pdf").text


def pdf_lines(*lines: str, size: float = 10) -> NewDocument:
    return read(pdf(lambda canvas, number: write(canvas, 60, 700, list(lines), size=size)), file="x/a.pdf")


def test_bullets_that_are_drawn_make_a_list() -> None:
    items = ["Offer amoxicillin to adults", "Offer doxycycline to adults with allergy", "Review after three days"]

    def draw(canvas: object, number: int) -> None:
        write(canvas, 60, 715, ["Treatment of pneumonia at home:"])
        for at, item in enumerate(items):
            canvas.circle(65, 701.5 - 15 * at, 1.6, fill=1, stroke=0)  # type: ignore[attr-defined]
            write(canvas, 75, 698 - 15 * at, [item])

    assert texts(read(pdf(draw), file="x/a.pdf")) == [
        "Treatment of pneumonia at home:\n\n" + "\n".join(f"- {item}" for item in items)
    ]


def test_a_hyphen_with_a_space_behind_it_is_mended_within_a_line() -> None:
    document = pdf_lines("Offer it to low- income patients, also low- and middle- aged ones.")
    assert document.text == "Offer it to low-income patients, also low- and middle-aged ones."


def test_lettered_items_are_items() -> None:
    document = pdf_lines(
        "Withdrawal, as shown by either of these:", "a. The usual signs of withdrawal", "b. Opioids are taken"
    )
    assert document.text.endswith("a. The usual signs of withdrawal\nb. Opioids are taken")


def test_a_number_that_closes_a_bracket_begins_no_item() -> None:
    first = "Reduce the dosage step by step as soon as the patient can agree to it (see recommendation"
    assert "(see recommendation 5) and monitor closely." in pdf_lines(first, "5) and monitor closely.").text


def test_lines_that_only_point_into_another_document_are_no_evidence() -> None:
    document = read("# Pain\n\n## Recommendation 1\n\nPage 64 line 1459\n\nOffer ibuprofen to adults.")
    assert texts(document) == ["Offer ibuprofen to adults."]
    assert [flag.kind for flag in document.flags] == ["pointer"]


def test_a_raised_figure_stays_a_power_and_a_raised_mark_goes() -> None:
    def draw(canvas: object, number: int) -> None:
        text = canvas.beginText(60, 700)  # type: ignore[attr-defined]
        for words, size, rise in (
            ("Transfuse below 10 × 10", 10, 0),
            ("9", 6, 4),
            ("/L in adults.", 10, 0),
            ("12", 6, 4),
            (" Review daily.", 10, 0),
        ):
            text.setFont("Helvetica", size)
            text.setRise(rise)
            text.textOut(words)
        canvas.drawText(text)  # type: ignore[attr-defined]

    assert texts(read(pdf(draw), file="x/a.pdf")) == ["Transfuse below 10 × 10⁹/L in adults. Review daily."]


def test_running_headers_footers_and_page_numbers_are_left_out() -> None:
    def draw(canvas: object, number: int) -> None:
        write(canvas, 60, 815, ["Ward Seven guideline, third edition"], size=8)
        write(canvas, 60, 700, [f"Advice number {('one', 'two', 'three', 'four')[number - 1]} is to rest."])
        write(canvas, 290, 20, [f"Page {number} of 4"], size=8)

    document = read(pdf(draw, pages=4), file="x/a.pdf")
    assert "Ward Seven" not in document.text
    assert "Page" not in document.text
    assert document.text.count("is to rest") == 4
    assert "running" in {flag.kind for flag in document.flags}


def test_a_sentence_that_a_page_cuts_is_put_together_with_words_on_both_pages() -> None:
    def draw(canvas: object, number: int) -> None:
        if number == 1:
            write(canvas, 60, 120, ["Offer amoxicillin to adults with pneumonia who are treated"])
        else:
            write(canvas, 60, 700, ["at home for five days."])

    document = read(pdf(draw, pages=2), file="x/a.pdf")
    (passage,) = document.passages
    assert texts(document) == ["Offer amoxicillin to adults with pneumonia who are treated at home for five days."]
    assert passage.page == 1
    assert {word.box.page for word in passage.boxes} == {1, 2}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.PDF", "pdf"), ("a.docx", "docx"), ("a.htm", "html"), ("a.md", "markdown"), ("a.txt", "text"), ("a.xls", None)],
)
def test_formats_are_told_by_name(name: str, expected: str | None) -> None:
    assert format_of(name) == expected
