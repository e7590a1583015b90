"""Loading guidelines: how near to the bare embedder, a second run, one change, kills, memory, and odd PDFs.

Run: python -m tests.benchmarks.ingest [speed again kills memory corpus] [--documents N] [--kills N] [--folder PDFS]
"""

import argparse
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from api.services import Services
from cds.actors import local_operator
from cds.settings import Settings
from ingest.pipeline.guidelines import GuidelineReport, ingest_guidelines
from ingest.samples import LIBRARY
from knowledge.builds import headed
from knowledge.originals import Originals
from knowledge.tables_guidelines import editions, passages
from tests.benchmarks.pdf_corpus import corpus
from tests.benchmarks.results import keep
from tests.ingest.pipeline.loading import Loader, guideline
from tests.ingest.pipeline.test_guidelines import everything

OPERATOR = local_operator("benchmark")
# A guideline's section: some 120 words, each document its own.
FILLER = (
    "In adults with {drug} indication {n}, start {drug} {dose} mg once daily and review after {days} days. Measure "
    "kidney function and potassium before the first dose and again after two weeks. Do not give {drug} together with "
    "a strong inhibitor of its metabolism unless a specialist advises it. Tell people to seek help when they notice "
    "a rash, fever or yellow skin. Halve the dose when the estimated filtration rate is below {limit}, and stop it "
    "when the rate falls by a quarter. In pregnancy choose another medicine, and record the reason in the notes."
)


def library(folder: Path, documents: int, *, sections: int = 8) -> Path:
    """A folder of synthetic guidelines of about 900 words."""
    folder.mkdir(parents=True, exist_ok=True)
    for one in range(documents):
        drug = f"medicine{one:04d}"
        parts = [
            f"## Section {n}\n\n" + FILLER.format(drug=drug, n=n, dose=10 + n * 5 + one % 7, days=n + 3, limit=30 + n)
            for n in range(sections)
        ]
        text = f"---\ntitle: {drug.title()} in adults\nid: {drug}\n---\n\n" + "\n\n".join(parts) + "\n"
        (folder / f"{drug}.md").write_text(text)
    return folder


def services_in(data: Path) -> Services:
    return Services(Settings(data=data, model="none"))


def load(services: Services, folder: Path) -> GuidelineReport:
    return ingest_guidelines(
        [folder],
        library=services.library,
        builder=services.builder,
        db=services.db,
        log=services.log,
        clock=services.clock,
        actor=OPERATOR,
        publish=True,
        originals=Originals(services.settings.data / "originals"),
    )


def processor_seconds() -> float:
    """What this process and those it has ended have used of the processors: other work on the machine tells less."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def speed(room: Path, documents: int) -> dict[str, Any]:
    """The whole load against sentence-transformers' own encode of the same texts, in one process, the model warm."""
    from sentence_transformers import SentenceTransformer

    services = services_in(room / "speed")
    services.embedder.embed_passages(["warm"])
    model = SentenceTransformer(str(services.embedder.folder), device="cpu", local_files_only=True)
    model.encode(["warm"])
    folder = library(room / "speed-library", documents)
    before = processor_seconds()
    report = load(services, folder)
    whole_used = processor_seconds() - before
    with services.db.reading() as tx:
        query = select(editions.c.title, passages.c.section, passages.c.text).join(
            passages, passages.c.edition == editions.c.id
        )
        texts = [headed(row.title, row.section, row.text) for row in tx.execute(query)]
    before, started = processor_seconds(), time.perf_counter()
    model.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)
    bare, bare_used = len(texts) / (time.perf_counter() - started), processor_seconds() - before
    whole = report.passages / report.seconds
    services.close()
    return {
        "passages": report.passages,
        "whole per s": round(whole, 1),
        "bare per s": round(bare, 1),
        "share": round(whole / bare, 3),
        "share by processor time": round(bare_used / whole_used, 3),
    }


def again(room: Path, documents: int) -> dict[str, Any]:
    """A second run over an unchanged library, and one with one changed document, against the first."""
    services = services_in(room / "again")
    services.embedder.embed_passages(["warm"])
    folder = library(room / "again-library", documents)
    first = load(services, folder).seconds
    second = load(services, folder)
    changed = folder / "medicine0000.md"
    changed.write_text(changed.read_text().replace("potassium", "sodium", 1))
    third = load(services, folder)
    services.close()
    assert second.unchanged == documents and third.documents == 1
    return {
        "documents": documents,
        "first s": round(first, 2),
        "unchanged s": round(second.seconds, 3),
        "unchanged share": round(second.seconds / first, 4),
        "one changed s": round(third.seconds, 3),
        "one changed share": round(third.seconds / first, 4),
    }


def kills(room: Path, times: int) -> dict[str, Any]:
    """A load killed again and again at random moments, then finished, against one that was left alone."""
    folder, data = room / "kill-library", room / "killed"
    folder.mkdir()
    for number in range(30):
        (folder / f"g{number}.md").write_text(guideline(f"drug{number}", sections=8))
    command = [sys.executable, "-m", "tests.ingest.pipeline.loading", str(data), str(folder)]
    chance = random.Random(1)
    fresh = finished = 0
    for turn in range(times):
        if turn % 5 == 4:  # a library that is in already is hard to interrupt: give it something new
            fresh += 1
            (folder / f"g{fresh}.md").write_text(guideline(f"drug{fresh}", sections=8, dose=900 + turn))
        running = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.8))
        finished += running.poll() is not None
        running.send_signal(signal.SIGKILL)
        running.wait()
    after, whole = Loader(data), Loader(room / "whole")
    after.load(folder)
    whole.load(folder)
    one, other = everything(after), everything(whole)
    ids = {edition[0] for edition in other["editions"]}  # type: ignore[attr-defined]
    kept = [edition for edition in one["editions"] if edition[0] in ids]  # type: ignore[attr-defined]
    same = kept == other["editions"] and len({row[0] for row in one["passages"]}) == len(one["passages"])  # type: ignore[attr-defined,arg-type]
    return {"kills": times, "too late": finished, "same": same, "index whole": after.builder.check().ok}


def memory(room: Path, documents: int) -> dict[str, Any]:
    """The peak memory of a load at one, four and sixteen times the size, each in a process of its own."""
    found: dict[str, Any] = {}
    code = (
        "import sys; from pathlib import Path; from tests.ingest.pipeline.loading import Loader; "
        "Loader(Path(sys.argv[1])).load(Path(sys.argv[2])); import resource; "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    for times in (1, 4, 16):
        folder = library(room / f"memory-library-{times}", documents * times)
        done = subprocess.run(
            [sys.executable, "-c", code, str(room / f"memory-{times}"), str(folder)],
            capture_output=True,
            text=True,
            check=True,
        )
        found[f"{times}x: {documents * times} documents, MiB"] = int(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["speed", "again", "kills", "memory"])
    parser.add_argument("--documents", type=int, default=40)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--folder", type=Path, default=LIBRARY, help="PDFs, real and broken")
    parser.add_argument("--keep", action="store_true", help="write the figures to results/")
    asked = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        for what in asked.what:
            if what == "kills":
                figures[what] = kills(room, asked.kills)
            elif what == "corpus":
                figures[what] = corpus(asked.folder)
            else:
                figures[what] = {"speed": speed, "again": again, "memory": memory}[what](room, asked.documents)
            for label, value in figures[what].items():
                print(f"{what:8} {label:32} {value}", flush=True)
    if asked.keep:
        print(keep("ingest", figures))


if __name__ == "__main__":
    main()
