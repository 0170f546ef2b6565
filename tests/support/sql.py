"""The database itself, for what nobody can do through a page: to let days pass."""

import psycopg2

from tests.support.local_stack import LocalStack


def sql(parley: LocalStack, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Runs it as PostgreSQL's superuser, whom no service knows; the rows, if it has some."""
    connection = psycopg2.connect(
        host=str(parley.stack.sockets / "db"),
        port=parley.ports["db"],
        user="postgres",
        dbname="parley",
    )
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
