"""`cds review`: what was shown, whether it can be shown again, and what the record says about the service."""

from api.cli.review import figures, finding, tracing  # noqa: F401 each adds its commands
from api.cli.review.group import app

__all__ = ["app"]
