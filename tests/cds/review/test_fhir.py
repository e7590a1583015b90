"""The exports are what FHIR says they are: held against the field's own library, which serves the tests only."""

import base64

import orjson
import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.library import Library
from fhir.resources.R4B.provenance import Provenance

from cds.actors import local_operator
from cds.audit import AuditLog
from cds.audit.fhir import audit_event, bundle
from cds.audit.listing import list_entries
from cds.clock import FixedClock
from cds.db import Database
from cds.recommendation import AuditRef, Stamp
from cds.review.card import card, state_attribute
from cds.review.card_fhir import card_to_fhir
from cds.review.provenance import provenance
from tests.cds.samples import recommendation
from tests.conftest import NOW

AUDIT = AuditRef(seq=7, leaf="ab" * 32)


@pytest.mark.parametrize(
    "kind",
    ["sign_in.started", "sign_in.refused", "record.opened", "record.erased", "guideline.published", "anything.else"],
)
def test_every_kind_of_entry_is_a_valid_audit_event(db: Database, clock: FixedClock, kind: str) -> None:
    log = AuditLog(clock=clock)
    details = {"ids": ["a", "b"], "none": None, "yes": True, "number": 3, "empty": ""}
    with db.transaction() as tx:
        log.append(tx, kind=kind, actor=local_operator("me"), subject="s-1", details=details)
        log.append(tx, kind=kind, actor=None, subject="s-2")
    with db.reading() as tx:
        found, _ = list_entries(tx)
    for entry in found:
        made = AuditEvent.model_validate(audit_event(entry, site="cds/1234"))
        assert made.subtype[0].code == kind
        assert made.outcome == ("4" if kind.endswith("refused") else "0")


def test_a_recommendation_is_labelled_as_made_with_a_program_and_names_its_sources() -> None:
    made = Provenance.model_validate(provenance(recommendation(), AUDIT))
    assert made.meta.security[0].code == "AIAST"
    named = [entity.what.identifier.value for entity in made.entity]
    assert named == ["p1", AUDIT.leaf]
    assert [agent.type.coding[0].code for agent in made.agent] == ["enterer", "assembler"]


def test_a_quoted_answer_names_the_software_in_the_models_place() -> None:
    quoted = recommendation(stamp=Stamp(None, None, "g", "e", "0.1.0"))
    made = Provenance.model_validate(provenance(quoted, AUDIT))
    assert made.agent[1].who.identifier.value == "evidence-cds/0.1.0"


def test_the_governance_card_is_a_valid_library_with_every_attribute(db: Database, clock: FixedClock) -> None:
    log = AuditLog(clock=clock)
    with db.transaction() as tx:
        state_attribute(tx, local_operator("me"), "evidence.2", "The house, **itself**", log=log, clock=clock)
    with db.reading() as tx:
        made = card(tx, clock=clock)
    document = card_to_fhir(made, software="0.1.0")
    library = Library.model_validate(document)
    lines = [{part.url: part for part in line.extension} for line in library.extension]
    assert len(lines) == 44
    stated = next(line for line in lines if line["id"].valueCode == "evidence.2")
    assert stated["state"].valueCode == "stated" and stated["text"].valueMarkdown == "The house, **itself**"
    assert stated["by"].valueString == "local:me" and stated["entry"].valueInteger == 1
    assert {line["state"].valueCode for line in lines if "text" not in line} == {"empty"}
    attached = base64.b64decode(document["content"][0]["data"])
    assert orjson.loads(attached) == orjson.loads(orjson.dumps(made.to_json()))


def test_an_export_holds_no_text_of_the_consult() -> None:
    written = str(provenance(recommendation(), AUDIT))
    assert "antibiotic" not in written and "amoxicillin" not in written


def test_a_bundle_is_valid_even_when_empty() -> None:
    full = bundle([provenance(recommendation(), AUDIT)], at=NOW)
    assert len(Bundle.model_validate(full).entry) == 1
    assert Bundle.model_validate(bundle([], at=NOW)).entry is None
