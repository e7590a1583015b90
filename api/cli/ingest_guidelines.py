"""`cds ingest guidelines`: documents into the library."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from api.cli.output import done, emit, say
from api.cli.progress import bar
from api.services import operator, services_from_environment

HELP = """Load guidelines: PDF, DOCX, HTML, Markdown and plain text, single files or folders.

What a document is comes from its front matter, a side-car (NAME.yaml beside it), its properties or its first page.
Files whose content is already in the library are skipped. Without --publish the new editions wait as drafts, which no
search finds. Exit status 3: some files were refused; they are listed with a code and what to do, the others are in."""

_STAGES = {"look": "Looking at files", "read": "Reading", "index": "Indexing passages"}
# Without a terminal a line now and then is enough to see that it moves.
_EVERY_SECONDS = 10.0


def guidelines(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.", metavar="PATH…")],
    publish: Annotated[bool, typer.Option("--publish", help="Put the new editions in force when they are in.")] = False,
    ocr: Annotated[bool, typer.Option("--ocr", help="Read pages that are pictures (the extra `ocr`; slow).")] = False,
    spread: Annotated[bool, typer.Option("--spread", help="Embed on a Ray cluster (the extra `ray`).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    from ingest.pipeline.guidelines import ingest_guidelines
    from knowledge.originals import Originals

    services = services_from_environment()
    if spread:
        from knowledge.spreading import Spread

        services.builder.fill = Spread(services.settings.ray)
    try:
        with progress_shown() as progress:
            report = ingest_guidelines(
                paths,
                library=services.library,
                builder=services.builder,
                db=services.db,
                log=services.log,
                clock=services.clock,
                actor=operator(),
                publish=publish,
                originals=Originals(services.settings.data / "originals"),
                ocr=ocr or services.settings.ocr == "on",
                progress=progress,
            )
    finally:
        services.close()
    for refusal in report.refused:
        say(f"refused [{refusal.code}] {refusal.file}: {refusal.reason}")
    if as_json:
        emit(report.as_json())
    else:
        waiting = "" if publish or not report.added else " They wait as drafts: `cds library publish NAME`."
        say(
            f"{report.documents} documents with {report.passages} passages taken in, {report.unchanged} unchanged, "
            f"{len(report.refused)} refused, in {report.seconds:.1f} s.{waiting}"
        )
        if report.superseded:
            say(f"Superseded: {', '.join(report.superseded)}.")
        if report.flags:
            say(f"{report.flags} notes for the librarian: `cds library show NAME`.")
    done(refused=bool(report.refused))


@contextmanager
def progress_shown() -> Iterator[Callable[[str, int, int], None]]:
    """A bar a stage in a terminal; a line now and then where there is none."""
    import sys

    if not sys.stderr.isatty():
        yield _lines()
        return
    from contextlib import ExitStack

    with ExitStack() as stack:
        shown: dict[str, Callable[[int, int], None]] = {}

        def show(stage: str, count: int, total: int) -> None:
            if stage not in shown:
                stack.pop_all().close()
                shown[stage] = stack.enter_context(bar(_STAGES.get(stage, stage)))
            shown[stage](count, total)

        yield show


def _lines() -> Callable[[str, int, int], None]:
    began: dict[str, float] = {}
    said: dict[str, float] = {}

    def show(stage: str, count: int, total: int) -> None:
        now = time.monotonic()
        start = began.setdefault(stage, now)
        if now - said.setdefault(stage, now) >= _EVERY_SECONDS and count:
            said[stage] = now
            rate = count / max(now - start, 0.001)
            left = f", {(total - count) / rate:.0f} s left" if total > count else ""
            say(f"{_STAGES.get(stage, stage)}: {count} of {total}, {rate:.1f} a second{left}")

    return show
