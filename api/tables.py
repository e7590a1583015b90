"""Every table of the product, so that one metadata knows them all. One line a module."""

import api.auth.tables
import api.gaps
import api.hooks.tables
import api.idempotency  # noqa: F401
import cds.audit.tables
import cds.tables_access
import cds.tables_recommendations
import cds.tables_sharing  # noqa: F401
import knowledge.records.tables
import knowledge.tables_builds
import knowledge.tables_guidelines
import knowledge.vectors  # noqa: F401
