"""HL7 v2 messages (ADT, ORU, VXU), read segment by segment."""
