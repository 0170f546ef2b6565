#!/bin/sh
# Runs once, as the cluster's superuser, when the database is first made: by the official image's
# entry point in compose, by `db/start` without Docker. Everything inside the database is made by
# db-api's migrations, which run as the role created here.
#
# That role owns the database and may create roles (the migrations make `app` and `runner`), but
# is no superuser: row-level security binds it.
set -eu
: "${DB_PASSWORD_FILE:=/run/secrets/db/password}"
export DB_NAME="${DB_NAME:-parley}" DB_USER="${DB_USER:-parley}" DB_PASSWORD_FILE

if ! [ -s "$DB_PASSWORD_FILE" ] || ! [ -r "$DB_PASSWORD_FILE" ]; then
    echo "db: no readable password in $DB_PASSWORD_FILE; make one with secrets/make" >&2
    exit 1
fi

# psql reads the password itself: on a command line everybody on the machine could read it.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
\getenv name DB_NAME
\getenv user DB_USER
\set password `tr -d '[:space:]' <"$DB_PASSWORD_FILE"`

CREATE ROLE :"user" LOGIN CREATEROLE PASSWORD :'password';

-- Said here and not left to the cluster: the same order and the same characters everywhere.
CREATE DATABASE :"name" OWNER :"user" TEMPLATE template0
    ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C';
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;

\connect :"name"
-- Creating it takes a superuser, using it does not.
CREATE EXTENSION vector;
SQL
