"""Every table of the product, so that one metadata knows them all. One line a module."""

import cds.audit.tables  # noqa: F401
import cds.tables_access  # noqa: F401
import knowledge.records.tables  # noqa: F401
import knowledge.tables_guidelines  # noqa: F401
import cds.tables_recommendations  # noqa: F401
import api.auth.tables  # noqa: F401
import knowledge.tables_builds  # noqa: F401
import knowledge.vectors  # noqa: F401
import api.gaps  # noqa: F401
import api.idempotency  # noqa: F401
import api.hooks.tables  # noqa: F401
import cds.tables_sharing  # noqa: F401
