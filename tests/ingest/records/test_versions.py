"""A newer version replaces an older one, whichever arrives first; the older stays for replay."""

from datetime import timedelta

import pytest

from tests.ingest.records.conftest import Ward
from tests.ingest.records.resources import bundle, lab, note, patient

OLD = lab(value=24, meta={"versionId": "1", "lastUpdated": "2026-11-01T00:00:00Z"})
NEW = lab(value=42, meta={"versionId": "2", "lastUpdated": "2026-11-02T00:00:00Z"})


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD), (NEW, OLD, NEW, OLD)])
def test_the_newest_version_counts_whichever_arrives_first(order: tuple[dict[str, object], ...], ward: Ward) -> None:
    for number, version in enumerate(order):
        ward.load(ward.put(f"{number}.json", bundle(patient(), version)))
    assert [o.value for o in ward.facts("p1").observations] == [42.0]


def test_versions_of_one_file_are_ordered_too(ward: Ward) -> None:
    report = ward.load(ward.put("a.json", bundle(patient(), NEW, OLD, NEW)))
    assert (report.facts, report.unchanged) == (2, 1)
    assert [o.value for o in ward.facts("p1").observations] == [42.0]


def test_without_a_version_what_arrives_later_is_newer(ward: Ward) -> None:
    ward.load(ward.put("a.json", bundle(patient(), lab(value=1))))
    ward.load(ward.put("b.json", bundle(patient(), lab(value=2))))
    assert [o.value for o in ward.facts("p1").observations] == [2.0]


def test_a_fact_keeps_its_id_over_its_versions(ward: Ward) -> None:
    ward.load(ward.put("a.json", bundle(patient(), OLD)))
    before = ward.facts("p1").observations[0].id
    ward.load(ward.put("b.json", bundle(patient(), NEW)))
    assert ward.facts("p1").observations[0].id == before


def test_the_record_of_a_past_moment_can_be_read(ward: Ward) -> None:
    ward.load(ward.put("a.json", bundle(patient(), OLD)))
    then = ward.clock.now()
    ward.clock.at += timedelta(days=1)
    ward.load(ward.put("b.json", bundle(patient(), NEW, lab("o2"))))
    scope = ward.scope("p1")
    with ward.db.reading() as tx:
        past = ward.records.facts_as_of(tx, scope, then)
        now = ward.records.facts(tx, scope)
    assert [o.value for o in past.observations] == [24.0]
    assert len(now.observations) == 2


def test_a_replaced_note_is_found_no_more(ward: Ward) -> None:
    first = note(text="Takes warfarin.", meta={"versionId": "1"})
    ward.load(ward.put("a.json", bundle(patient(), first)))
    ward.load(ward.put("b.json", bundle(patient(), note(text="Takes apixaban.", meta={"versionId": "2"}))))
    found = ward.records.search("warfarin", ward.scope("p1"), limit=5)
    assert [hit.passage.text for hit in found.hits] == ["Takes apixaban."]


def test_what_the_source_deleted_is_a_fact_no_more_and_was_one_before(ward: Ward) -> None:
    ward.load(ward.put("a.json", bundle(patient(), OLD, lab("o2"))))
    then = ward.clock.now()
    ward.clock.at += timedelta(days=1)
    gone = {
        "resourceType": "Bundle",
        "type": "history",
        "entry": [{"request": {"method": "DELETE", "url": "Observation/o1"}}],
    }
    report = ward.load(ward.put("deleted.json", gone))
    assert (report.facts, dict(report.not_facts), report.refused) == (0, {"deleted": 1}, [])
    assert [o.source.resource for o in ward.facts("p1").observations] == ["Observation/o2"]
    scope = ward.scope("p1")
    with ward.db.reading() as tx:
        assert len(ward.records.facts_as_of(tx, scope, then).observations) == 2
