"""What of a model's work on a grid may stay."""

from datetime import date

import orjson

from cds.evidence import Hit
from cds.offer import offer
from cds.sharing.asking import Asking
from cds.sharing.checking import quoted_line
from cds.sharing.composing import Composed, compose
from cds.sharing.grid import Grid
from cds.sharing.placing import speaks_of
from cds.sharing.rewording import easier, mistranslated
from tests.cds.fakes import Scripted, document, passage

ON = date(2026, 11, 21)
CARE = passage(
    "d1",
    "In adults with less severe depression, offer guided self-help as the first choice. "
    "Guided self-help is done at home with some help over six weeks. "
    "An SSRI causes nausea in about 20 of 100 people. "
    "Sertraline 50 mg is taken once a day.",
    of=document("depression", "Depression in adults"),
    section=("Treatment",),
)
QUESTION = "How should depression be treated?"


def composed(*answers: object, skill: str = "select", grid: Grid = Grid()) -> Composed:  # noqa: B008
    model = Scripted(*(orjson.dumps(answer).decode() for answer in answers), skill=skill)  # type: ignore[arg-type]
    offered = offer(QUESTION, [Hit(CARE, 0.5)])
    return compose(Asking(model, 60, lambda: False), question=QUESTION, grid=grid, offered=offered, on=ON)


OPTIONS = {"options": [{"name": "Guided self-help", "sentence": "1"}, {"name": "SSRI", "sentence": "3"}]}


def test_an_option_is_named_in_the_words_of_its_sentence_or_refused() -> None:
    named = [
        *OPTIONS["options"],
        {"name": "Depression in adults", "sentence": "1"},
        {"name": "Exercise", "sentence": "1"},
        {"name": "Guided self-help", "sentence": "2"},
    ]
    found = composed({"options": named}, {"lines": []})
    assert [option.name for option in found.options] == ["Guided self-help", "SSRI"]
    assert [one.option for one in found.refused] == ["Depression in adults", "Exercise"]


def test_lines_are_the_sources_own_words_where_the_model_only_selects() -> None:
    lines = [{"sentence": "2", "option": "Guided self-help", "place": "asks"}]
    found = composed(OPTIONS, {"lines": lines})
    (line,) = found.options[0].cell("asks").lines
    assert line.text == CARE.sentences[1].text and line.by == "library" and line.drafted == "scripted"
    assert found.options[1].lines == (), "the library does not say"


def test_a_line_the_model_writes_is_held_against_its_sentence() -> None:
    lines = [
        {
            "sentence": "3",
            "option": "SSRI",
            "place": "harms",
            "text": "An SSRI makes about 20 of 100 people feel sick.",
        },
        {
            "sentence": "3",
            "option": "SSRI",
            "place": "harms",
            "text": "An SSRI causes nausea in about 20 of 100 people.",
        },
    ]
    wrong = {**lines[1], "text": "An SSRI causes nausea in about 2 of 100 people."}
    assert composed(OPTIONS, {"lines": [lines[1]]}, skill="draft").options[1].cell("harms").lines
    found = composed(OPTIONS, {"lines": [wrong]}, skill="draft")
    assert found.options[1].lines == () and found.refused[0].why.startswith("number")


def test_an_answer_of_the_wrong_form_is_asked_for_once_more() -> None:
    model = Scripted("{}", orjson.dumps(OPTIONS).decode(), '{"lines":[]}', skill="select")
    offered = offer(QUESTION, [Hit(CARE, 0.5)])
    found = compose(Asking(model, 60, lambda: False), question=QUESTION, grid=Grid(), offered=offered, on=ON)
    assert len(found.options) == 2 and "wrong form" in model.asked[1]["user"]


def test_a_sentence_speaks_of_the_option_it_names() -> None:
    assert speaks_of("About 3 of 100 people on warfarin bleed.", "Warfarin", ("Apixaban",))
    assert not speaks_of("About 2 of 100 people on apixaban bleed.", "Warfarin", ("Apixaban",))
    assert speaks_of("About 2 of 100 people on apixaban bleed.", "Direct oral anticoagulant", ("Warfarin",))
    assert speaks_of("Of 100 people who take no anticoagulant, 5 have a stroke.", "No anticoagulant", ("Warfarin",))
    assert not speaks_of("Of 100 people who take warfarin, 2 have a stroke.", "No anticoagulant", ("Warfarin",))


BLEEDING = passage(
    "w1",
    "Warfarin requires regular blood tests, and food, alcohol and many medicines change its effect. "
    "Of 100 people who take warfarin, about 3 have a major bleed in one year, which needs hospital care.",
    of=document("warfarin", "Warfarin"),
)


def reworded(sentence: int, text: str) -> str | None:
    source = BLEEDING.sentences[sentence]
    line = quoted_line("l1", BLEEDING, source, text=source.text, certainty=None, on=ON)
    model = Scripted(orjson.dumps({"1": text}).decode())
    ((found,),) = easier(Asking(model, 60, lambda: False), [line], {BLEEDING.id: BLEEDING})
    return found.failed


def test_easier_words_keep_the_numbers_and_give_no_advice() -> None:
    assert reworded(1, "Of 100 people who take warfarin, about 3 have a major bleed in one year.") is None
    assert reworded(1, "Of 100 people who take warfarin, about 30 have a major bleed in one year.") is not None
    assert reworded(1, "If you take warfarin, about 3 have a major bleed.") is not None
    assert reworded(1, "Of 100 people, about 3 have a major bleed in one year.") is not None
    assert reworded(0, "Take warfarin with regular blood tests.") is not None


def test_translations_are_held_against_numbers_medicines_and_not() -> None:
    source = "Of 100 people who take warfarin, about 3 have a major bleed in one year."
    good = {
        "es": "De 100 personas que toman warfarina, unas 3 tienen una hemorragia grave en un año.",
        "fr": "Sur 100 personnes qui prennent de la warfarine, environ 3 ont une hémorragie grave en un an.",
        "de": "Von 100 Menschen, die Warfarin nehmen, haben etwa 3 in einem Jahr eine schwere Blutung.",
    }
    for language, text in good.items():
        assert mistranslated(source, text, language) is None, language
        assert mistranslated(source, text.replace("100", "1000"), language) == "the numbers are not the same"
        assert mistranslated(source, source, language) is not None
    assert mistranslated("About 1,000 men.", "Unos 1.000 hombres.", "es") is None
    assert mistranslated("Warfarin is not safe.", "Warfarin ist sicher.", "de") == "a “not” was lost or added"
