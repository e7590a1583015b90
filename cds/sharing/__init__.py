"""Shared decisions: physician and patient on one record, each seeing what is meant for them.

Everything that happens is an event in one list, and each event is an audit entry. What the patient sees is made from
the events meant for both and from nothing else, so that what was not released cannot reach the patient's page.
"""
