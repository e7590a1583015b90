"""The first draft: the library's own sentences in their cells, each checked, and silence where it is silent."""

from datetime import date

from cds.evidence import Hit, Passage
from cds.sharing.checking import checked
from cds.sharing.drafting import draft, draft_option
from cds.sharing.grid import Grid, Line
from cds.sharing.reading import grade, plain
from tests.cds.fakes import document, passage

ON = date(2026, 11, 21)
SCREENING = document("breast-screening", "Screening for breast cancer")
CHOICE = passage(
    "p1",
    "Whether to be screened is each woman's own choice. The figures are approximate and the certainty is moderate.\n\n"
    "Not being screened: of 1,000 women who are not screened, about 5 die of breast cancer within 11 years. "
    "No woman has a false alarm from screening.\n\n"
    "Being screened with mammography: of 1,000 women who are screened, about 4 die of breast cancer within 11 years. "
    "About 100 of 1,000 screened women have a false alarm that leads to more tests, sometimes a biopsy.\n\n"
    "What it is like: each breast is pressed between two plates for a few seconds. "
    "About 1 in 3 women find this painful.",
    of=SCREENING,
    section=("Shared decision: to be screened or not",),
)
OTHER = passage("p2", "Offer screening to women aged 50 to 69 years every 2 years.", of=SCREENING, section=("Whom",))


def drafted(*passages: Passage) -> Grid:
    hits = [Hit(one, 0.5) for one in passages]
    return draft("Should I be screened?", hits, lambda one: [p for p in passages if p.section == one.section], on=ON)


def test_options_and_cells_come_from_the_section_that_weighs_them() -> None:
    grid = drafted(OTHER, CHOICE)
    without, screened = grid.options
    assert (without.name, without.nothing) == ("Not being screened", True)
    assert (screened.name, screened.nothing) == ("Being screened with mammography", False)
    assert [share.count for share in screened.cell("benefits").lines[0].shares] == [4]
    assert "false alarm" in screened.cell("harms").lines[0].text
    assert "pressed" in screened.cell("like").lines[0].text
    assert without.cell("asks").lines == ()
    assert grid.kind == "test"


def test_every_drafted_line_passes_the_checks_and_quotes_its_sentence() -> None:
    sentences = {sentence.text for sentence in CHOICE.sentences}
    lines = drafted(CHOICE).lines
    assert len(lines) == 6
    for line in lines:
        assert line.by == "library" and line.failed is None
        assert line.citation is not None and line.citation.quote in sentences
        assert line.certainty == "moderate"


def test_everyday_words_are_used_only_where_the_checks_agree() -> None:
    (line,) = drafted(CHOICE).options[1].cell("benefits").lines
    assert "mammography" not in line.text
    assert plain("A haemorrhage is possible.") == "A bleed is possible."


SSRI = passage(
    "p4",
    "Of 100 adults with more severe depression who take a placebo for 6 to 8 weeks, about 40 improve by half or more. "
    "Of 100 who take an SSRI, about 50 improve by half or more. "
    "Nausea or sleep problems affect about 20 in 100 in the first 2 weeks. "
    "Offer an SSRI first. The certainty of these figures is moderate.",
    of=document("depression", "Depression in adults"),
    section=("The numbers for an SSRI",),
)


def test_figures_that_compare_who_takes_what_make_options_without_a_section_that_weighs_them() -> None:
    placebo, ssri = draft("How to treat depression?", [Hit(SSRI, 0.5)], lambda one: [one], on=ON).options
    assert (placebo.name, placebo.nothing, ssri.name, ssri.nothing) == ("Placebo", True, "SSRI", False)
    assert [share.count for line in placebo.lines for share in line.shares] == [40]
    assert [share.count for share in ssri.cell("benefits").lines[0].shares] == [50]
    assert [line.text for line in ssri.cell("harms").lines] == [
        "Nausea or sleep problems affect about 20 in 100 in the first 2 weeks."
    ]
    assert all(line.by == "library" and line.certainty == "moderate" for line in (*placebo.lines, *ssri.lines))


def test_figures_about_another_question_make_no_options() -> None:
    assert draft("Should I have my knee replaced?", [Hit(SSRI, 0.5)], lambda one: [one], on=ON).options == ()


def test_a_library_without_such_a_section_gives_an_empty_grid() -> None:
    grid = drafted(OTHER)
    assert grid.options == () and grid.topic("decision") is not None


def test_an_option_the_physician_names_is_filled_only_with_sentences_that_speak_of_it() -> None:
    extra = passage("p3", "About 2 in 100 women have a biopsy. Ultrasound finds about 3 in 100 cancers.", of=SCREENING)
    option = draft_option("Ultrasound", [Hit(extra, 0.5)], on=ON)
    assert [line.text for line in option.lines] == ["Ultrasound finds about 3 in 100 cancers."]


def test_a_changed_number_is_contradicted_and_drawn_no_more() -> None:
    (line,) = drafted(CHOICE).options[1].cell("benefits").lines
    wrong = checked(Line(line.id, line.text.replace("about 4", "about 40"), line.citation), CHOICE)
    assert wrong.by == "physician" and wrong.shares == () and wrong.failed is not None and "number" in wrong.failed


def test_a_line_whose_passage_is_gone_is_no_evidence() -> None:
    (line,) = drafted(CHOICE).options[1].cell("benefits").lines
    assert checked(line, None).by == "physician"


def test_grades_rise_with_hard_words() -> None:
    easy, hard = grade("You take one pill a day."), grade("Anticoagulation substantially reduces complications.")
    assert easy is not None and hard is not None and easy < 4 < 12 < hard
    assert grade("") is None
