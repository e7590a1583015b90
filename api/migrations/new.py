"""A new step from what the tables are to what the code says: `python -m api.migrations.new "what changes"`.

Read and mend what it writes: triggers, and rows that have to change, it cannot see.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

import api.tables  # noqa: F401 every table is known
from api.migrations import FOLDER, configuration, upgrade
from cds.db import open_database


def main(message: str) -> None:
    """Write the step that follows the newest one."""
    number = len(list((FOLDER / "versions").glob("[0-9]*_*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        db = open_database("sqlite", data=Path(folder))
        if number > 1:
            upgrade(db)
        with db.transaction() as tx:
            command.revision(configuration(tx), message, autogenerate=True, rev_id=f"{number:04}")
        db.close()


if __name__ == "__main__":
    main(sys.argv[1])
