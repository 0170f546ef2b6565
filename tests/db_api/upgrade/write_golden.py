"""Rewrites `golden`: what another checkout of Parley exports of these rows.

    python -m tests.db_api.upgrade.write_golden CHECKOUT

The files here were written by the services of commit 8fafef9, the last one at revision 0010. Its
own migrations brought each revision's rows to 0010. A result that several revisions share is
stored once, under the first of them.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.db_api.conftest import connect, new_database
from tests.db_api.upgrade.exports import (
    GOLDEN,
    SLOTS,
    chat_ui_settings,
    read_exports,
    read_golden,
    start_service,
)
from tests.db_api.upgrade.rows import REVISIONS, insert_rows
from tests.support.postgres import Postgres, running_postgres


def export_revision(postgres: Postgres, checkout: Path, revision: str) -> dict[str, str]:
    """The exports of that checkout, of rows that were inserted at this revision."""
    secrets, log = postgres.directory / "secrets", postgres.directory / "services.log"
    with new_database(postgres, revision=None) as database:
        settings = postgres.database(database.db_name).environment | {
            "DB_API_TOKEN_FILE": str(secrets / "db-api" / "token"),
            "LM_SLOTS": str(SLOTS),
        }
        for target in (revision, "head"):
            command = [sys.executable, "-m", "alembic", "upgrade", target]
            subprocess.run(command, cwd=checkout / "db-api", env=os.environ | settings, check=True)
            if target == revision:
                with connect(postgres, database) as connection, connection:
                    insert_rows(connection.cursor(), revision)
        with (
            start_service(checkout / "db-api", settings, log) as db_api,
            start_service(checkout / "chat-ui", chat_ui_settings(secrets, db_api), log) as chat_ui,
        ):
            return read_exports(chat_ui, secrets, "Zoë")


def main(checkout: Path) -> None:
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.iterdir():
        old.unlink()
    with running_postgres() as postgres:
        for revision in REVISIONS:
            known = read_golden(revision)
            for name, text in export_revision(postgres, checkout, revision).items():
                if known.get(name) != text:
                    (GOLDEN / f"{revision}.{name}").write_bytes(text.encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
