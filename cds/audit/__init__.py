"""The record that cannot be quietly changed: an append-only log, a Merkle tree over it, signed checkpoints."""

from cds.audit.canonical import canonical, commit_to, commitment
from cds.audit.log import AuditLog

__all__ = ["AuditLog", "canonical", "commit_to", "commitment"]
