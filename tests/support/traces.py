"""Where a word is kept: in which table, PostgreSQL's own among them, and in which file."""

from pathlib import Path

from tests.support.local_stack import LocalStack
from tests.support.sql import sql

LIST_TABLES = """
SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'm')
    AND relnamespace <> 'pg_toast'::regnamespace
"""
HAS = "SELECT 1 FROM {} each WHERE each::text ~* %s LIMIT 1"


def find_in_tables(parley: LocalStack, word: str, stem: str = "") -> set[str]:
    """Tables that have of the word what they may have in a row as text: itself, its stem, its
    bytes."""
    forms = "|".join((stem or word, word.encode().hex()))
    tables = [str(table) for (table,) in sql(parley, LIST_TABLES)]
    return {table for table in tables if sql(parley, HAS.format(table), forms)}


def find_in_files(parley: LocalStack, *pieces: bytes) -> set[str]:
    """Of all that Parley keeps, but for PostgreSQL's own: these have the bytes of what was deleted
    until the room is needed."""
    files = (file for file in parley.home.rglob("*") if file.is_file())
    kept = {str(file.relative_to(parley.home)): file for file in files}
    return {
        name for name, file in kept.items() if not name.startswith("db/") and _has_any(file, pieces)
    }


def _has_any(file: Path, pieces: tuple[bytes, ...]) -> bool:
    content = file.read_bytes()
    return any(piece in content for piece in pieces)
