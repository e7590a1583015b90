"""Documents read: a table of readers, run in a process of their own with limits."""

from ingest.documents.pictures import page_image
from ingest.documents.pool import Readers
from ingest.documents.reading import LARGEST_FILE, content_hash, format_of
from ingest.documents.refusals import Refused

__all__ = ["LARGEST_FILE", "Readers", "Refused", "content_hash", "format_of", "page_image"]
