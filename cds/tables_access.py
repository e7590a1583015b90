"""Who may read which patient's record: the register of patients, care lists, and emergency access."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from cds.db import UtcDateTime, metadata

patients = Table(
    "patients",
    metadata,
    Column("id", String(26), primary_key=True),  # ours, and says nothing
    Column("created_at", UtcDateTime, nullable=False),
    Column("extracted_at", UtcDateTime),  # when the newest extract was made, as far as it says
    Column("hold", Text),  # why this record must not be erased; empty: it may
)

care_list = Table(
    "care_list",
    metadata,
    Column("actor", String(200), primary_key=True),
    Column("patient", String(26), ForeignKey("patients.id"), primary_key=True, index=True),
    Column("since", UtcDateTime, nullable=False),
    Column("added_by", String(200), nullable=False),
)

emergency_access = Table(
    "emergency_access",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("actor", String(200), nullable=False, index=True),
    Column("patient", String(26), ForeignKey("patients.id"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime),
    Column("ended_because", String(20)),  # physician, time
    Column("reviewed", UtcDateTime),
    Column("reviewed_by", String(200)),
    Column("finding", String(20)),  # justified, questioned
)
