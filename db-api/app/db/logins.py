"""The logins that db-api connects with: one for people, one for the runner, one for the reader.

None of them owns or may change anything: each may only take the roles named here, for the length of
a transaction. `./migrate` makes them, as the owner of the tables, which no service connects as.
"""

from psycopg2.extensions import encrypt_password
from sqlalchemy import Connection, create_engine, pool, text
from sqlalchemy.exc import OperationalError

from app.settings import Settings

# What each may become. The runner writes replies for everybody, and reads some things in the name
# of the session whose reply it is (app/db/transactions.py).
LOGINS: dict[str, tuple[str, ...]] = {
    "app": ("app",),
    "runner": ("app", "runner"),
    "reader": ("reader",),
}
ROLES = "app, runner, searcher, reader, definer"
# Owns the functions that look at all sessions' rows for somebody, with the runner's eyes. No login
# may become it, or it could alter them.
DEFINER = "GRANT runner TO definer WITH INHERIT TRUE, SET FALSE"

# A role belongs to the whole cluster, where another database may have made it. What the owner has
# to become while it migrates, it may become for as long as that takes.
TAKE_ROLES = f"""
DO $$
DECLARE
    found name;
BEGIN
    FOR found IN
        SELECT rolname FROM pg_roles
        WHERE rolname = ANY (string_to_array('{ROLES}', ', '))
            AND NOT pg_has_role(current_user, oid, 'SET')
    LOOP
        EXECUTE format('GRANT %%I TO CURRENT_USER WITH SET TRUE, INHERIT FALSE', found);
    END LOOP;
END
$$
"""  # noqa: S608 - constants
DROP_ROLES = f"REVOKE {ROLES} FROM CURRENT_USER"

# Another copy may do the same for another database, at this moment.
CREATE = """
DO $$
BEGIN
    CREATE ROLE {};
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$
"""
BECOMES = text("""
SELECT rolname::text FROM pg_roles
WHERE rolname <> session_user AND pg_has_role(session_user, oid, 'SET')
""")


def make_logins(connection: Connection, settings: Settings) -> None:
    """As the owner: makes those that are missing, and their roles, and gives each its password."""
    driver = connection.connection.driver_connection
    quote = connection.dialect.identifier_preparer.quote
    for role in ("runner", "definer"):
        connection.exec_driver_sql(CREATE.format(role))
    connection.exec_driver_sql(DEFINER)
    for login, roles in LOGINS.items():
        url = settings.login_url(login)
        # PostgreSQL is told what proves the password, not the password.
        proof = encrypt_password(str(url.password), str(url.username), driver, "scram-sha-256")
        name = quote(settings.login_name(login))
        for role in (*roles, name):
            connection.exec_driver_sql(CREATE.format(role))
        connection.exec_driver_sql(f"ALTER ROLE {name} LOGIN PASSWORD '{proof}'")
        granted = ", ".join(roles)
        connection.exec_driver_sql(f"GRANT {granted} TO {name} WITH SET TRUE, INHERIT FALSE")
        connection.exec_driver_sql(f"GRANT CONNECT ON DATABASE {quote(settings.db_name)} TO {name}")


def prove_logins(settings: Settings) -> None:
    """Enters with each as db-api will. Raises SystemExit if one can't, or may become others."""
    for login, roles in LOGINS.items():
        name = settings.login_name(login)
        engine = create_engine(
            settings.login_url(login), connect_args={"connect_timeout": 10}, poolclass=pool.NullPool
        )
        try:
            with engine.connect() as connection:
                becomes = sorted(connection.execute(BECOMES).scalars())
        except OperationalError as error:
            cause = str(error.orig).partition("\n")[0]
            raise SystemExit(f"The new login {name} can't enter: {cause}") from None
        if becomes != sorted(roles):
            raise SystemExit(f"The new login {name} may become {', '.join(becomes) or 'nobody'}.")
