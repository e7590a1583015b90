"""`cds ingest`: guidelines and records in."""

import typer

from api.cli.ingest_guidelines import HELP as GUIDELINES_HELP
from api.cli.ingest_guidelines import guidelines
from api.cli.ingest_records import HELP as RECORDS_HELP
from api.cli.ingest_records import records

app = typer.Typer(
    help="Load guidelines and records.", no_args_is_help=True, rich_markup_mode=None, add_completion=False
)
app.command("guidelines", help=GUIDELINES_HELP)(guidelines)
app.command("records", help=RECORDS_HELP)(records)
