"""Every table of the product, so that one metadata knows them all. One line a module."""

import cds.audit.tables  # noqa: F401
