"""Rows as earlier versions of Parley left them, in `rows.jsonl`: one description for all revisions.

Each line is a row: its table, its values, the first revision that could hold it, and mostly a name.
Ids and times are fixed, so that an export of these rows is the same on every day. `ended` holds odd
texts, `errors` each kind of error; the other chats are named after their last reply.
"""

import json
from pathlib import Path
from typing import Any

from psycopg2.extensions import AsIs

REVISIONS = tuple(f"{number:04}" for number in range(1, 11))
ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "rows.jsonl").read_text().split("\n")
    if line
]
IDS = {
    row["name"]: row["values"].get("message_id") or row["values"]["id"]
    for row in ROWS
    if "name" in row
}
CHATS = {row["values"]["id"]: row["name"] for row in ROWS if row["table"] == "chats"}

LIVE = AsIs("clock_timestamp() + interval '9 seconds'")
COLUMNS = (
    "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
    " WHERE table_schema = 'public' GROUP BY table_name"
)


def insert_rows(cursor: Any, revision: str) -> None:
    """Inserts what this revision could hold, with the columns that its tables have."""
    cursor.execute(COLUMNS)
    columns = dict(cursor.fetchall())
    pointers = dict.fromkeys(("head", "context_start"))  # to messages, which come later
    rows = [row for row in ROWS if row["since"] <= revision]
    for row in rows:
        values = {k: v for k, v in row["values"].items() if k in columns[row["table"]]}
        if values.get("lease_until") == "live":
            values["lease_until"] = LIVE
        cursor.execute(
            f"INSERT INTO {row['table']} ({', '.join(values)}) OVERRIDING SYSTEM VALUE"
            f" VALUES ({', '.join(f'%({name})s' for name in values)})",
            values | pointers,
        )
    move = "UPDATE chats SET head = %(head)s, context_start = %(context_start)s WHERE id = %(id)s"
    cursor.executemany(move, [pointers | r["values"] for r in rows if r["table"] == "chats"])
    cursor.execute("SELECT setval('replies_number_seq', 1000)")
