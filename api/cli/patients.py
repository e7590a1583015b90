"""`cds patients`: who is stored, what is known of one, care lists, holds, and erasing."""

from typing import Annotated, Any

import typer

from api.cli.output import emit, say
from api.services import Services, operator, services_from_environment
from cds.errors import Conflict, NotFound

app = typer.Typer(
    help="Patients: list, show, erase, and who may read them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Patient = Annotated[str, typer.Argument(help="The patient's id, or a record number that only one patient has.")]


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """Everybody who is stored."""
    services = services_from_environment()
    with services.db.reading() as tx:
        listed = services.records.listed(tx, operator())
    services.close()
    if as_json:
        emit({"patients": listed})
        return
    for one in listed:
        born = one.birth_date.isoformat() if one.birth_date else "birth date unknown"
        print(f"{one.id}  {one.name or '(no name)'}, {born}, {one.sex}: {one.facts} facts, {one.notes} notes")
    if not listed:
        say("No patients are stored. Load some with `cds ingest records PATH`.")


@app.command()
def show(patient: Patient, as_json: Json = False) -> None:
    """What is known of one patient, newest first."""
    from api.patient_summary import as_text, summary
    from cds.access import open_patient
    from cds.clock import today

    services = services_from_environment()
    with services.db.transaction() as tx:
        found = _find(services, tx, patient)
        scope = open_patient(tx, operator(), found, clock=services.clock, log=services.log)
        facts = services.records.facts(tx, scope)
        notes = services.records.written(tx, scope)
    document = summary(facts, notes, on=today(services.clock))
    services.close()
    if as_json:
        emit(document)
    else:
        print(as_text(document))


@app.command()
def erase(
    patient: Patient,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a patient's facts, notes, vectors and identity. The audit log's entries stay and still verify."""
    services = services_from_environment()
    with services.db.reading() as tx:
        found = _find(services, tx, patient)
    if not yes and not typer.confirm(f"Erase everything of patient {found}? This cannot be undone.", err=True):
        raise Conflict("Nothing was erased.", code="not_confirmed")
    erased = services.records.erase(found, by=operator(), log=services.log)
    services.close()
    if as_json:
        emit({"erased": erased})
    else:
        say(f"Erased {erased.resources} resources and {erased.notes} notes of patient {erased.patient}.")
        if not erased.swept:
            say("The database is in use; what its files still hold of them goes when the service is next idle.")


@app.command()
def assign(
    patient: Patient,
    physician: Annotated[str, typer.Argument(help="The physician's account id.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the patient off the physician's care list.")] = False,
    as_json: Json = False,
) -> None:
    """Put a patient on a physician's care list, or take them off."""
    from cds.access import add_to_care_list, care_list_of, remove_from_care_list

    services = services_from_environment()
    with services.db.transaction() as tx:
        found = _find(services, tx, patient)
        if remove:
            remove_from_care_list(tx, physician, found, by=operator(), log=services.log)
        else:
            add_to_care_list(tx, physician, found, by=operator(), clock=services.clock, log=services.log)
        physicians = care_list_of(tx, found)
    services.close()
    if as_json:
        emit({"patient": found, "care_list": physicians})
    else:
        say(f"Patient {found} is on the care list of: {', '.join(physicians) or 'nobody'}.")


@app.command()
def hold(
    patient: Patient,
    reason: Annotated[str | None, typer.Option(help="Why the record must be kept.")] = None,
    release: Annotated[bool, typer.Option("--release", help="End the hold.")] = False,
    as_json: Json = False,
) -> None:
    """Forbid erasing a patient (a legal hold), or allow it again."""
    from cds.access import hold as hold_record
    from cds.access import release_hold

    services = services_from_environment()
    with services.db.transaction() as tx:
        found = _find(services, tx, patient)
        if release:
            release_hold(tx, found, by=operator(), log=services.log)
        else:
            hold_record(tx, found, reason or "", by=operator(), log=services.log)
    services.close()
    if as_json:
        emit({"patient": found, "held": not release})
    else:
        say(f"Patient {found} {'may be erased again' if release else 'is held'}.")


def _find(services: Services, tx: Any, patient: str) -> str:
    found = services.records.find(tx, patient)
    if found is None:
        raise NotFound("There is no such patient. `cds patients list` names them all.", code="no_patient")
    return found
