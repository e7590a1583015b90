from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from hashlib import sha256
from threading import Barrier

import pytest
from sqlalchemy import insert, select

from cds.actors import Actor, Role
from cds.audit import AuditLog
from cds.audit.tables import entries
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import Conflict, NotFound
from cds.tables_recommendations import citations, decisions, recommendations
from knowledge.editions import Flag, Metadata, NewDocument, NewPassage, slug
from knowledge.guidelines import Library

LIBRARIAN = Actor(id="lena", name="Lena", roles=frozenset({Role.LIBRARIAN}))
TODAY = date(2026, 11, 21)


def document(
    text: str = "Offer amoxicillin 500 mg.", *, file: str = "library/pneumonia.md", **what: object
) -> NewDocument:
    stated = {"title": "Pneumonia", "id": "pneumonia", **what}
    digest = sha256((text + file + str(stated)).encode()).hexdigest()
    return NewDocument(
        metadata=Metadata(**stated),  # type: ignore[arg-type]
        content_hash=digest,
        original_hash=digest,
        file=file,
        format="markdown",
        text=text,
        passages=(NewPassage(0, len(text), ("Treatment",), ((0, len(text)),), strength="strong"),),
        flags=(Flag("instruction", "reads like an instruction to a model"),),
    )


@pytest.fixture
def library(db: Database, clock: FixedClock) -> Library:
    return Library(db, log=AuditLog(clock=clock), clock=clock)


def publish(db: Database, library: Library, new: NewDocument) -> str:
    with db.transaction() as tx:
        edition = library.add_draft(tx, new, actor=LIBRARIAN)
        library.publish(tx, edition, actor=LIBRARIAN)
    return edition


def in_force(db: Database, library: Library, on: date = TODAY) -> set[str]:
    with db.reading() as tx:
        return set(library.in_force(tx, on))


def kinds(db: Database) -> list[str]:
    with db.reading() as tx:
        return list(tx.execute(select(entries.c.kind).order_by(entries.c.seq)).scalars())


def test_a_draft_answers_nothing_until_it_is_published(db: Database, library: Library) -> None:
    with db.transaction() as tx:
        edition = library.add_draft(tx, document(), actor=LIBRARIAN)
    assert in_force(db, library) == set()
    with db.transaction() as tx:
        library.publish(tx, edition, actor=LIBRARIAN)
    assert in_force(db, library) == {edition}
    assert kinds(db) == ["guideline.added", "guideline.published"]


def test_passages_come_back_as_they_were_given(db: Database, library: Library) -> None:
    edition = publish(db, library, document())
    with db.reading() as tx:
        (passage,) = library.passages_of(tx, edition)
        assert library.passages(tx, [passage.id, "absent"]) == {passage.id: passage}
        assert library.text(tx, edition)[passage.start : passage.end] == passage.text
    assert passage.sentences[0].text == "Offer amoxicillin 500 mg."
    assert passage.section == ("Treatment",)
    assert passage.strength == "strong"
    assert passage.document.state == "published"


def test_the_same_content_is_the_same_edition_with_the_same_passage_ids(db: Database, library: Library) -> None:
    with db.transaction() as tx:
        first = library.add_draft(tx, document(), actor=LIBRARIAN)
        before = library.passages_of(tx, first)
        assert library.add_draft(tx, document(), actor=LIBRARIAN) == first
        library.discard(tx, first, actor=LIBRARIAN)
        assert library.add_draft(tx, document(), actor=LIBRARIAN) == first
        assert library.passages_of(tx, first) == before


def test_a_new_edition_supersedes_the_old_at_once_and_the_old_answers_as_of_its_time(
    db: Database, library: Library
) -> None:
    old = publish(db, library, document("Old.", published=date(2021, 5, 1)))
    new = publish(db, library, document("New.", published=date(2025, 3, 1)))
    assert in_force(db, library) == {new}
    assert in_force(db, library, date(2025, 2, 28)) == {old}
    assert in_force(db, library, date(2025, 3, 1)) == {new}
    assert in_force(db, library, date(2020, 1, 1)) == set()
    assert kinds(db)[-2:] == ["guideline.published", "guideline.superseded"]
    with db.reading() as tx:
        (passage,) = library.passages_of(tx, old)
    assert passage.document.state == "superseded"
    assert passage.document.superseded_on == date(2025, 3, 1)


def test_publishing_an_older_edition_later_does_not_displace_the_newer(db: Database, library: Library) -> None:
    new = publish(db, library, document("New.", published=date(2025, 3, 1)))
    old = publish(db, library, document("Old.", published=date(2021, 5, 1)))
    assert in_force(db, library) == {new}
    assert in_force(db, library, date(2022, 1, 1)) == {old}


def test_undated_editions_follow_each_other_by_when_they_were_published(
    db: Database, library: Library, clock: FixedClock
) -> None:
    old = publish(db, library, document("Old."))
    clock.at += timedelta(days=10)
    new = publish(db, library, document("New."))
    assert in_force(db, library, TODAY) == {old}
    assert in_force(db, library, TODAY + timedelta(days=10)) == {new}


def test_two_editions_published_on_one_day_leave_only_the_later_in_force(
    db: Database, library: Library, clock: FixedClock
) -> None:
    publish(db, library, document("Old."))
    clock.at += timedelta(seconds=1)
    new = publish(db, library, document("New."))
    assert in_force(db, library) == {new}


def test_a_future_publication_date_puts_an_edition_in_force_today(db: Database, library: Library) -> None:
    edition = publish(db, library, document(published=date(2031, 1, 1)))
    assert in_force(db, library) == {edition}


def test_superseding_without_a_successor_ends_it_today(db: Database, library: Library) -> None:
    edition = publish(db, library, document(published=date(2021, 5, 1)))
    with db.transaction() as tx:
        assert library.supersede(tx, "pneumonia", actor=LIBRARIAN, why="withdrawn") == (edition,)
    assert in_force(db, library) == set()
    assert in_force(db, library, TODAY - timedelta(days=1)) == {edition}


def test_a_retracted_edition_answers_nothing_and_does_not_bring_its_predecessor_back(
    db: Database, library: Library
) -> None:
    old = publish(db, library, document("Old.", published=date(2021, 5, 1)))
    new = publish(db, library, document("New.", published=date(2025, 3, 1)))
    with db.transaction() as tx:
        assert library.retract(tx, new, actor=LIBRARIAN, why="wrong dose") == (new,)
    assert in_force(db, library) == set()
    assert in_force(db, library, date(2025, 6, 1)) == set()
    assert in_force(db, library, date(2022, 6, 1)) == {old}
    newest = publish(db, library, document("Mended.", published=date(2026, 3, 1)))
    assert in_force(db, library) == {newest}
    assert in_force(db, library, date(2025, 6, 1)) == set()


def test_what_has_ended_cannot_be_published_or_ended_again(db: Database, library: Library) -> None:
    edition = publish(db, library, document())
    with db.transaction() as tx:
        library.retract(tx, edition, actor=LIBRARIAN)
    for act in (library.publish, library.retract, library.supersede, library.discard):
        with pytest.raises(Conflict), db.transaction() as tx:
            act(tx, edition, actor=LIBRARIAN)


def test_unknown_names_are_not_found(db: Database, library: Library) -> None:
    with db.reading() as tx:
        for name in ("absent", "absent@123456789012"):
            with pytest.raises(NotFound, match="cds library list"):
                library.editions_named(tx, name)


def test_documents_are_told_apart_without_a_stated_id(db: Database, library: Library) -> None:
    with db.transaction() as tx:
        first = library.add_draft(tx, document("a", id=None, title="Sepsis (2019)", file="x/sepsis.pdf"))
        same_file = library.add_draft(tx, document("b", id=None, title="Sepsis (2024)", file="x/sepsis.pdf"))
        elsewhere = library.add_draft(tx, document("c", id=None, title="Sepsis", file="y/other.pdf"))
        published = library.add_draft(tx, document("d", id=None, title="Gout", publisher="A", file="a.md"))
        same_house = library.add_draft(tx, document("e", id=None, title="Gout 2024", publisher="A", file="b.md"))
        other_house = library.add_draft(tx, document("f", id=None, title="Gout", publisher="B", file="c.md"))
        of = {edition: library.edition(tx, edition).document for edition in (first, same_file, elsewhere)}
    assert of[first] == of[same_file] == "sepsis"
    assert of[elsewhere].startswith("sepsis-")
    assert published.split("@")[0] == same_house.split("@")[0] == "gout"
    assert other_house.split("@")[0].startswith("gout-")


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Community-acquired pneumonia (2021)", "community-acquired-pneumonia"),
        ("Hypertension, 3rd edition", "hypertension"),
        ("Schilddrüse", "schilddruse"),
        ("2021", "2021"),
    ],
)
def test_a_slug_is_the_same_for_each_edition(title: str, expected: str) -> None:
    assert slug(title) == expected


def test_a_title_without_latin_letters_still_has_a_slug() -> None:
    assert slug("高血压").startswith("document-")


def test_nothing_rests_on_a_document_nobody_asked_about(db: Database, library: Library) -> None:
    publish(db, library, document())
    with db.reading() as tx:
        assert library.affected(tx, "pneumonia") == ()


def test_two_loads_of_the_same_new_document_at_once_make_one_edition(db: Database, library: Library) -> None:
    begun = Barrier(2)

    def load(number: int) -> list[str]:
        ids = []
        for one in range(8):
            begun.wait(30)  # a load that failed must not keep the other waiting
            with db.transaction() as tx:
                ids.append(library.add_draft(tx, document(id=f"guideline-{one}"), actor=LIBRARIAN))
        return ids

    with ThreadPoolExecutor(2) as loads:
        first, second = loads.map(load, range(2))
    assert first == second
    with db.reading() as tx:
        assert {one.id for one in library.editions(tx)} == set(first)
        assert all(len(library.passages_of(tx, one)) == 1 for one in first)


def test_the_recall_list_names_recommendations_and_what_was_decided(db: Database, library: Library) -> None:
    edition = publish(db, library, document())
    with db.transaction() as tx:
        (passage,) = library.passages_of(tx, edition)
        for number in (1, 2):
            row = {
                "id": f"r{number}",
                "seq": number,
                "asked_at": library.clock.now(),
                "asked_by": "p",
                "status": "answered",
            }
            counted = dict.fromkeys(("statements", "withheld", "warnings", "weak", "relevance"), 0)
            tx.execute(insert(recommendations).values(**row, **counted))
        cited = {"passage": passage.id, "edition": edition, "document": "pneumonia", "seq": 2}
        tx.execute(insert(citations).values(recommendation="r2", **cited))
        decided = {
            "id": "d1",
            "seq": 3,
            "recommendation": "r2",
            "shown_seq": 2,
            "actor": "p",
            "at": library.clock.now(),
        }
        tx.execute(insert(decisions).values(**decided, choice="accepted", seconds=9.0))
        (affected,) = library.affected(tx, "pneumonia")
        assert library.affected(tx, edition) == (affected,)
    assert (affected.recommendation, affected.editions, affected.passages) == ("r2", (edition,), (passage.id,))
    assert [decision.choice for decision in affected.decisions] == ["accepted"]
