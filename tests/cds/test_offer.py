from cds.evidence import Hit
from cds.offer import offer
from tests.cds.fakes import document, passage

CHANGED = passage(
    "p1",
    "The 2021 edition advised antibiotics for 7 days in severe pneumonia. Give antibiotics for 5 days in pneumonia.",
    of=document("pneumonia", "Pneumonia in adults"),
)


def offered(question: str) -> list[str]:
    return [one.sentence.text for one in offer(question, [Hit(CHANGED, 0.9)])]


def test_what_an_older_edition_advised_is_not_offered_as_advice() -> None:
    assert offered("How long are antibiotics given in pneumonia?") == ["Give antibiotics for 5 days in pneumonia."]


def test_who_asks_about_editions_is_told() -> None:
    assert any("2021 edition" in text for text in offered("What did the 2021 edition advise for pneumonia?"))
