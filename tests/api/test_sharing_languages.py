"""The patient's pages in their language, what a machine translated, and the page to take home as a file."""

import re
from collections.abc import Callable, Iterator

import pypdfium2
import pytest

from api.auth.accounts import Account
from api.sharing_words import words
from cds.actors import Role
from cds.sharing.rewording import LANGUAGES
from tests.api.conftest import TestedServices
from tests.api.test_sharing import CHOICE, PAGE, Clients, Rewording, Walk
from tests.cds.fakes import Shelf

SPANISH = {"accept-language": "es-MX,es;q=0.9,en;q=0.5"}


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(CHOICE)


@pytest.fixture
def walk(client_as: Clients, services: TestedServices, account_of: Callable[[Role], Account]) -> Iterator[Walk]:
    return Walk(client_as, services, account_of(Role.PHYSICIAN))


def pdf_text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_the_page_is_there_in_each_language(language: str) -> None:
    said = words(language)
    assert set(said) == set(words("en")) and all(text.strip() for text in said.values())
    for name, text in said.items():
        assert re.findall(r"{\w+}", text) == re.findall(r"{\w+}", words("en")[name]), name
    assert len(said["months"].split()) == 12


def test_a_phone_set_to_spanish_reads_spanish_from_the_first_page(walk: Walk) -> None:
    walk.patient.headers.update(SPANISH)
    door = walk.patient.get("/join", headers=PAGE).text
    assert '<html lang="es">' in door and "Escríbalo aquí" in door
    wrong = walk.patient.post("/join", data={"code": "BBBBBBBB"}, headers=PAGE).text
    assert "Este código no es correcto" in wrong
    walk.enter()
    assert "Ya está dentro" in walk.seen
    assert "Their device is set to Español" in walk.physician.get(f"{walk.at}/live").text


def test_without_a_model_headings_are_spanish_and_the_librarys_words_are_marked_as_english(walk: Walk) -> None:
    walk.enter()
    walk.do("/language", language="es")
    walk.do("/release", items="all", reason="The library has no more")
    seen = walk.seen
    assert "Qué puede salir mal" in seen and "3 de cada 100" in seen and "¿Está en condiciones de elegir?" in seen
    assert re.search(r'<span lang="en">Of 100 people who take warfarin', seen)
    assert "solo está en inglés" in seen and "Traducido por una máquina" not in seen


def test_the_patient_may_choose_the_language_too(walk: Walk) -> None:
    walk.enter()
    walk.say("/language", language="fr")
    assert "Vous y êtes" in walk.seen
    refused = walk.patient.post("/shared/language", data={"language": "xx"})
    assert refused.status_code == 422 and refused.json()["code"] == "unknown_language"


HARM = "Of 100 people who take warfarin, about 3 have a major bleed in one year."
GOOD = "De 100 personas que toman warfarina, unas 3 tienen una hemorragia grave en un año."


def test_a_translation_reaches_the_patient_only_by_release_and_says_that_a_machine_made_it(
    walk: Walk, services: TestedServices
) -> None:
    walk.enter()
    walk.do("/release", items="all", reason="The library has no more")
    services.model_ = Rewording({HARM: GOOD}, otherwise="???")
    walk.do("/language", language="es")
    walk.wait()
    assert GOOD in walk.physician.get(f"{walk.at}/live").text
    assert GOOD not in walk.seen, "not before it is released"
    walk.do("/release", items="all", reason="The library has no more")
    assert GOOD in walk.seen and "Traducido por una máquina" in walk.seen
    assert f"<p>{HARM}</p>" in walk.seen, "the original can be read"
    assert GOOD in " ".join(pdf_text(walk.patient.get("/shared/print.pdf").content).split())


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (GOOD.replace("3", "30"), "the numbers are not the same"),
        (GOOD.replace("warfarina", "aspirina"), "warfarin is not named"),
        (GOOD.replace("tienen", "no tienen"), "a “not” was lost or added"),
        (HARM, "it is not Spanish"),
    ],
)
def test_a_translation_that_says_something_else_is_refused_and_the_original_shown(
    walk: Walk, services: TestedServices, wrong: str, why: str
) -> None:
    walk.enter()
    services.model_ = Rewording({HARM: wrong}, otherwise="???")
    walk.do("/language", language="es")
    walk.wait()
    assert walk.state.translations["es"][HARM].failed == why
    assert why in walk.physician.get(f"{walk.at}/live").text
    walk.do("/release", items="all", reason="The library has no more")
    assert HARM in walk.seen and (wrong == HARM or wrong not in walk.seen)


def test_the_page_to_take_home_is_a_file_with_numbers_sources_and_the_decision(walk: Walk) -> None:
    walk.enter()
    walk.do("/release", items="all", reason="The library has no more")
    walk.do("/agreement", choice="Warfarin", next_steps="Blood test on Monday", review_on="2027-02-01")
    for client, path in ((walk.patient, "/shared/print.pdf"), (walk.physician, f"{walk.at}/print.pdf")):
        answer = client.get(path)
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["content-disposition"] == 'attachment; filename="our-decision.pdf"'
        text = pdf_text(answer.content)
        for wanted in (
            "Warfarin",
            "Blood test on Monday",
            "1 Feb 2027",
            "3 in 100",
            "Atrial fibrillation, edition 2024",
        ):
            assert wanted in text, wanted
        assert "A physician" not in text and b"A physician" not in answer.content, "nobody is named unless asked for"
    assert walk.patient.get("/shared/print.pdf").content == walk.patient.get("/shared/print.pdf").content


def test_a_name_the_physician_chose_is_on_the_file_and_letters_it_cannot_draw_leave_no_gap(walk: Walk) -> None:
    walk.enter()
    walk.do("/agreement", choice="Warfarin", name_on_page="Ağnieszka Dvořáková Ω")
    assert "Ağnieszka Dvoráková" in pdf_text(walk.patient.get("/shared/print.pdf").content)


def test_what_was_not_released_is_in_no_file(walk: Walk) -> None:
    walk.enter()
    option = walk.state.grid.options[1]
    walk.do("/release", items=f"{option.id}.benefits", reason="First this")
    text = pdf_text(walk.patient.get("/shared/print.pdf").content)
    assert "2 in 100" in text and "INR" not in text and "major bleed" not in text
