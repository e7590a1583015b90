"""`cds library`: what is known, in which edition, and what becomes of an edition."""

from typing import Annotated, Any

import typer

from api.cli.output import emit, say
from api.library_view import edition_json, notes_of
from api.services import operator, services_from_environment
from cds.errors import Conflict
from knowledge.editions import FIELDS, Edition

app = typer.Typer(help="The guideline library.", no_args_is_help=True, rich_markup_mode=None, add_completion=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Name = Annotated[str, typer.Argument(help="A document's id, or an edition's (with its @).", metavar="NAME")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Why = Annotated[str | None, typer.Option("--reason", help="Why, for the record.")]


@app.command("list")
def list_all(
    every: Annotated[bool, typer.Option("--all", help="Superseded and retracted editions too.")] = False,
    as_json: Json = False,
) -> None:
    """The documents of the library and their editions."""
    from cds.clock import today

    services = services_from_environment()
    with services.db.reading() as tx:
        found = services.library.editions(tx)
        refused = _refused(tx)
    on = today(services.clock)
    services.close()
    if as_json:
        emit({"documents": [edition_json(one, on) for one in found], "refused": refused})
        return
    for one in found:
        if every or one.state in ("draft", "published"):
            late = ", past its review date" if one.review_due and one.review_due < on else ""
            flags = f", {len(one.flags)} notes" if one.flags else ""
            print(f"{one.id}  {one.title}: {one.state}{late}, {one.passages} passages{flags}")
    for file in refused:
        print(f"refused [{file['code']}] {file['path']}: {file['reason']}")
    if not found:
        say("The library is empty. Load guidelines with `cds ingest guidelines PATH --publish`.")


@app.command()
def show(
    name: Name,
    passages: Annotated[bool, typer.Option("--passages", help="Its passages too.")] = False,
    as_json: Json = False,
) -> None:
    """One document: what it says it is, its editions, what the librarian should look at."""
    from cds.clock import today

    services = services_from_environment()
    on = today(services.clock)
    with services.db.reading() as tx:
        found = services.library.editions_named(tx, name)
        texts = {one.id: services.library.passages_of(tx, one.id) if passages else () for one in found}
    services.close()
    if as_json:
        emit(
            {
                "document": found[0].document,
                "editions": [
                    {
                        **edition_json(one, on),
                        **({"text": [_passage(passage, one) for passage in texts[one.id]]} if passages else {}),
                    }
                    for one in found
                ],
            }
        )
        return
    for one in found:
        print(f"{one.id}  {one.state}")
        for field, value in ((name, getattr(one, name)) for name in FIELDS[1:]):
            print(f"  {field}: {value if value is not None else 'not stated'} ({one.provenance.get(field, 'nowhere')})")
        print(f"  file: {one.file} ({one.format}), {one.passages} passages")
        for note in notes_of(one):
            print(f"  note [{note.kind}] {note.text}{note.where}{f' ×{note.count}' if note.count > 1 else ''}")
        for passage in texts[one.id]:
            print(
                f"\n  {passage.id} {' › '.join(passage.section)}{f' p. {passage.page}' if passage.page else ''}"
                + (" (read by OCR)" if passage.page in one.ocr_pages else "")
            )
            print(f"  {passage.text}")


@app.command()
def publish(name: Name, as_json: Json = False) -> None:
    """Put a document's drafts, or one draft, in force."""
    services = services_from_environment()
    try:
        with services.db.reading() as tx:
            drafts = [one.id for one in services.library.editions_named(tx, name) if one.state == "draft"]
        if not drafts:
            raise Conflict(f"{name} has no draft to publish.")
        generation = services.builder.prepare()
        superseded: list[str] = []
        with services.db.transaction() as tx:
            for edition in drafts:
                superseded.extend(services.library.publish(tx, edition, actor=operator()))
            services.builder.make_current(tx, generation, actor=operator())
    finally:
        services.close()
    if as_json:
        emit({"published": drafts, "superseded": superseded})
    else:
        say(f"Published {', '.join(drafts)}." + (f" Superseded {', '.join(superseded)}." if superseded else ""))


@app.command()
def supersede(name: Name, why: Why = None, yes: Yes = False, as_json: Json = False) -> None:
    """Take a document out of today's answers; it still answers as of its time."""
    _end(name, "superseded", why=why, yes=yes, as_json=as_json)


@app.command()
def retract(name: Name, why: Why = None, yes: Yes = False, as_json: Json = False) -> None:
    """Take a document out of every answer, for it was wrong."""
    _end(name, "retracted", why=why, yes=yes, as_json=as_json)


@app.command()
def discard(name: Name, as_json: Json = False) -> None:
    """Throw a draft away."""
    services = services_from_environment()
    try:
        with services.db.transaction() as tx:
            drafts = [one.id for one in services.library.editions_named(tx, name) if one.state == "draft"]
            if not drafts:
                raise Conflict(f"{name} has no draft to discard.")
            for edition in drafts:
                services.library.discard(tx, edition, actor=operator())
    finally:
        services.close()
    if as_json:
        emit({"discarded": drafts})
    else:
        say(f"Discarded {', '.join(drafts)}.")


@app.command()
def affected(name: Name, as_json: Json = False) -> None:
    """The recall list: every past recommendation that rests on a document or edition."""
    services = services_from_environment()
    with services.db.reading() as tx:
        found = services.library.affected(tx, name)
    services.close()
    if as_json:
        emit({"name": name, "affected": found})
        return
    for one in found:
        decided = ", ".join(decision.choice for decision in one.decisions) or "not decided"
        print(f"{one.recommendation}  {one.asked_at:%Y-%m-%d}  {one.status}, {decided}  {', '.join(one.editions)}")
    say(f"{len(found)} past recommendations rest on {name}.")


@app.command()
def check(as_json: Json = False) -> None:
    """Hold the stored originals and the index against what is recorded of them."""
    from knowledge.originals import Originals
    from knowledge.soundness import mark_unsound, unsound_editions

    services = services_from_environment()
    originals = Originals(services.settings.data / "originals")
    unsound = unsound_editions(services.db, originals)
    with services.db.transaction() as tx:
        count = sum(services.library.counts(tx).values())
        mark_unsound(tx, list(unsound), log=services.log, actor=operator())
    index = services.builder.check()
    services.close()
    sound = not unsound and (index.ok or not count)
    if as_json:
        emit({"ok": sound, "editions": count, "hash_mismatch": unsound, "index": index})
    else:
        for edition, what in unsound.items():
            say(f"hash_mismatch {edition}: its {what.replace('_', ' ')}. It answers nothing until it is mended.")
        state = "whole" if index.ok else "not whole: `cds library rebuild`"
        say(f"{count} editions, {len(unsound)} of them not what was recorded; the index is {state}.")
    if not sound:
        raise SystemExit(1)


@app.command()
def rebuild(as_json: Json = False) -> None:
    """Make the index anew from the database."""
    from api.cli.ingest_guidelines import progress_shown

    services = services_from_environment()
    try:
        with progress_shown() as progress:
            generation = services.builder.rebuild(lambda done, total: progress("index", done, total), actor=operator())
    finally:
        services.close()
    if as_json:
        emit({"generation": generation.id, "passages": generation.size})
    else:
        say(f"Generation {generation.id} with {generation.size} passages is current.")


def _end(name: str, state: str, *, why: str | None, yes: bool, as_json: bool) -> None:
    services = services_from_environment()
    try:
        with services.db.reading() as tx:
            rests = len(services.library.affected(tx, name))
        if not yes and not typer.confirm(f"{rests} past recommendations rest on {name}. Go on?", err=True):
            raise Conflict("Nothing was changed.", code="not_confirmed")
        with services.db.transaction() as tx:
            act = services.library.supersede if state == "superseded" else services.library.retract
            ended = act(tx, name, actor=operator(), why=why)
    finally:
        services.close()
    if as_json:
        emit({state: ended, "affected": rests})
    else:
        say(f"{', '.join(ended)}: {state}. {rests} past recommendations rest on it: `cds library affected {name}`.")


def _refused(tx: Any) -> list[dict[str, str]]:
    from knowledge.refusals import refused_files

    return [{"path": one.file, "code": one.code, "reason": one.reason} for one in refused_files(tx)]


def _passage(passage: Any, edition: Edition) -> dict[str, Any]:
    return {
        "passage": passage.id,
        "section": passage.section,
        "page": passage.page,
        "ocr": passage.page in edition.ocr_pages,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "sentences": [[sentence.start, sentence.end] for sentence in passage.sentences],
        "strength": passage.strength,
        "certainty": passage.certainty,
        "population": passage.population,
    }
