"""Loading a library: what is taken in, skipped, refused, and what is left by a run that was interrupted."""

import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from cds.audit.tables import entries
from cds.clock import FixedClock
from cds.db import Database
from cds.errors import Conflict, InvalidInput
from knowledge.refusals import refused_files
from knowledge.tables_guidelines import editions, passages
from tests.ingest.pipeline.loading import Loader, guideline

TODAY = date(2026, 11, 21)
# More in the benchmark; each costs the start of a process.
KILLS = 4


@pytest.fixture
def loader(db: Database, clock: FixedClock, tmp_path: Path) -> Loader:
    return Loader(tmp_path / "data", db=db, clock=clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten guidelines."""
    made = tmp_path / "library"
    made.mkdir()
    for number in range(10):
        (made / f"g{number}.md").write_text(guideline(f"drug{number}"))
    return made


def test_a_folder_is_taken_in_published_and_indexed(loader: Loader, folder: Path) -> None:
    report = loader.load(folder)
    assert (report.documents, report.passages, report.unchanged, report.refused) == (10, 30, 0, [])
    assert loader.builder.check().ok
    with loader.db.reading() as tx:
        assert loader.library.in_force(tx, TODAY) == set(report.published)
        assert all(loader.originals.is_whole(one.original_hash) for one in loader.library.editions(tx))


def test_without_publishing_it_waits_and_a_later_run_publishes_it(loader: Loader, folder: Path) -> None:
    loader.load(folder, publish=False)
    with loader.db.reading() as tx:
        assert loader.library.in_force(tx, TODAY) == set()
    report = loader.load(folder)
    assert (report.documents, report.unchanged, len(report.published)) == (0, 10, 10)


def test_unchanged_files_are_neither_read_nor_embedded_again(loader: Loader, folder: Path) -> None:
    loader.load(folder)
    before = len(loader.embedder.embedded)
    report = loader.load(folder)
    assert (report.documents, report.unchanged, report.published) == (0, 10, [])
    assert len(loader.embedder.embedded) == before == 30


def test_a_changed_file_embeds_only_what_changed_and_supersedes_the_old_edition(loader: Loader, folder: Path) -> None:
    loader.load(folder)
    before = len(loader.embedder.embedded)
    (folder / "g3.md").write_text(guideline("drug3", dose=250))
    report = loader.load(folder)
    assert (report.documents, report.unchanged, len(report.superseded)) == (1, 9, 1)
    (embedded,) = loader.embedder.embedded[before:]
    assert "250 mg" in embedded


def test_one_refused_file_leaves_the_others_and_is_listed_until_it_is_mended(loader: Loader, folder: Path) -> None:
    (folder / "bad.pdf").write_bytes(b"%PDF-1.7 nothing")
    (folder / "sheet.xlsx").write_bytes(b"PK")
    (folder / "copy.md").write_text(guideline("drug0"))
    report = loader.load(folder)
    assert report.documents == 10
    assert {(one.file, one.code) for one in report.refused} == {
        ("library/bad.pdf", "unreadable"),
        ("library/sheet.xlsx", "unsupported"),
        ("library/g0.md", "duplicate"),
    }
    (folder / "bad.pdf").unlink()
    (folder / "sheet.xlsx").unlink()
    (folder / "copy.md").unlink()
    loader.load(folder)
    with loader.db.reading() as tx:
        assert {one.file for one in refused_files(tx)} == {"library/bad.pdf", "library/sheet.xlsx"}


def test_a_side_car_belongs_to_its_document_and_a_new_one_makes_a_new_edition(loader: Loader, tmp_path: Path) -> None:
    made = tmp_path / "one"
    made.mkdir()
    (made / "rest.md").write_text("# Rest\n\nOffer rest to adults.")
    (made / "rest.yaml").write_text("id: rest\npublisher: Ward One\n")
    first = loader.load(made)
    assert (first.documents, first.refused) == (1, [])
    (made / "rest.yaml").write_text("id: rest\npublisher: Ward Two\n")
    second = loader.load(made)
    assert second.superseded == first.added
    with loader.db.reading() as tx:
        assert loader.library.edition(tx, second.added[0]).publisher == "Ward Two"


def test_what_was_retracted_does_not_come_back_with_its_file(loader: Loader, folder: Path) -> None:
    report = loader.load(folder)
    with loader.db.transaction() as tx:
        loader.library.retract(tx, report.published[0], actor=None)
    again = loader.load(folder)
    assert [one.code for one in again.refused] == ["duplicate"]
    with loader.db.reading() as tx:
        assert report.published[0] not in loader.library.in_force(tx, TODAY)


def test_an_original_that_changed_takes_its_edition_out_of_answers_until_it_is_mended(
    loader: Loader, folder: Path, tmp_path: Path
) -> None:
    loader.load(folder)
    damaged = next(one for one in sorted((tmp_path / "data" / "originals").rglob("*")) if one.is_file())
    content = damaged.read_bytes()
    damaged.write_bytes(content[::-1])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "more.md").write_text(guideline("another"))
    report = loader.load(elsewhere)
    assert [one.code for one in report.refused] == ["hash_mismatch"]
    with loader.db.reading() as tx:
        assert report.refused[0].file not in loader.library.in_force(tx, TODAY)
        assert len(loader.library.in_force(tx, TODAY)) == 10
    assert loader.load(folder).refused == []  # the folder has the right file: it is stored again
    assert damaged.read_bytes() == content
    with loader.db.reading() as tx:
        assert len(loader.library.in_force(tx, TODAY)) == 11
        kinds = list(tx.execute(select(entries.c.kind)).scalars())
    assert kinds.count("guideline.withheld") == kinds.count("guideline.restored") == 1


def test_paths_that_hold_nothing_are_said_to(loader: Loader, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path, code in ((tmp_path / "absent", "no_such_path"), (tmp_path / "empty", "nothing_to_read")):
        with pytest.raises(InvalidInput) as error:
            loader.load(path)
        assert error.value.code == code


def test_a_run_that_is_stopped_keeps_what_it_had_and_the_next_goes_on(loader: Loader, folder: Path) -> None:
    calls = iter(range(1000))
    with pytest.raises(Conflict):
        loader.load(folder, cancelled=lambda: next(calls) > 4)
    with loader.db.reading() as tx:
        assert loader.library.in_force(tx, TODAY) == set()
        assert 0 < loader.library.counts(tx)["draft"] < 10
    report = loader.load(folder)
    assert report.documents + report.unchanged == 10
    assert len(report.published) == 10


def test_progress_tells_stage_and_share(loader: Loader, folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    loader.load(folder, progress=lambda *one: told.append(one))
    assert ("look", 10, 10) in told
    assert ("read", 10, 10) in told
    assert told[-1][0] == "index"


def everything(loader: Loader) -> dict[str, object]:
    """What a library amounts to, whenever and in however many runs it was made."""
    with loader.db.reading() as tx:
        generation = loader.builder.current(tx)
        assert generation is not None
        kinds = sorted(
            (row.kind, row.subject)
            for row in tx.execute(select(entries.c.kind, entries.c.subject))
            if row.kind != "index.switched"
        )
        return {
            "editions": sorted(map(tuple, tx.execute(select(editions.c.id, editions.c.state, editions.c.text_hash)))),
            "passages": sorted(map(tuple, tx.execute(select(passages.c.id, passages.c.text)))),
            "indexed": sorted(generation.passages.tolist()),
            "entries": kinds,
        }


def test_a_run_killed_at_any_moment_and_run_again_leaves_what_an_uninterrupted_one_does(tmp_path: Path) -> None:
    folder, data = tmp_path / "library", tmp_path / "killed"
    folder.mkdir()
    (folder / "g0.md").write_text(guideline("drug0", year=2020))
    old = Loader(data).load(folder).published[0]
    for number in range(14):
        (folder / f"g{number}.md").write_text(guideline(f"drug{number}", sections=6, dose=700))
    command = [sys.executable, "-m", "tests.ingest.pipeline.loading", str(data), str(folder)]
    chance = random.Random(7)  # the same moments every time, as far as a clock allows
    for _ in range(KILLS):
        running = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.6))
        running.send_signal(signal.SIGKILL)
        running.wait()
        running.stdout.close()
        left = Loader(data)
        with left.db.reading() as tx:
            of_drug0 = {one for one in left.library.in_force(tx, TODAY) if one.startswith("drug0@")}
        left.db.close()
        assert len(of_drug0) == 1
    after = Loader(data)
    after.load(folder)
    whole = Loader(tmp_path / "whole")
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "library").mkdir()
    (tmp_path / "first" / "library" / "g0.md").write_text(guideline("drug0", year=2020))
    assert whole.load(tmp_path / "first" / "library").published == [old]
    whole.load(folder)
    assert everything(after) == everything(whole)
    assert after.builder.check().ok
    after.db.close()
    whole.db.close()
