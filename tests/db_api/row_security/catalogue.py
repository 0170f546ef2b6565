"""What the catalogue says about who may do what: a line for each thing, as in `meant.txt`."""

from tests.db_api.conftest import Sql

OURS = "~ '^(parley|app|runner|reader|searcher|definer|parley_.*)$'"
OWN = "NOT EXISTS (SELECT FROM pg_depend WHERE objid = {}.oid AND deptype = 'e')"

# Of a role, all that it may do without a grant.
ROLES = f"""
SELECT concat_ws(' ', 'role', rolname, CASE WHEN rolcanlogin THEN 'login' END,
    CASE WHEN rolsuper THEN 'superuser' END, CASE WHEN rolcreaterole THEN 'createrole' END,
    CASE WHEN rolcreatedb THEN 'createdb' END, CASE WHEN rolreplication THEN 'replication' END,
    CASE WHEN rolbypassrls THEN 'bypassrls' END, array_to_string(s.setconfig, ' '))
FROM pg_roles r LEFT JOIN pg_db_role_setting s ON s.setrole = r.oid
WHERE rolname {OURS}
"""
MEMBERS = f"""
SELECT concat_ws(' ', 'member', member::regrole, 'of', roleid::regrole,
    CASE WHEN set_option THEN 'set' END, CASE WHEN inherit_option THEN 'inherit' END,
    CASE WHEN admin_option THEN 'admin' END)
FROM pg_auth_members
WHERE member::regrole::text {OURS} OR roleid::regrole::text {OURS}
"""
PLACES = """
SELECT concat_ws(' ', kind, 'of', owner::regrole, string_agg(
    concat_ws(' ', coalesce(nullif(grantee, 0)::regrole::text, 'anybody'), privilege_type), ', '
    ORDER BY coalesce(nullif(grantee, 0)::regrole::text, 'anybody'), privilege_type))
FROM (
    SELECT 'database' AS kind, datdba AS owner, (aclexplode(datacl)).* FROM pg_database
    WHERE datname = current_database()
    UNION ALL
    SELECT 'schema', nspowner, (aclexplode(nspacl)).* FROM pg_namespace WHERE nspname = 'public'
) AS places GROUP BY kind, owner
"""
SCHEMAS = "SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_|information_schema'"
# Tables, views, sequences and indexes; of tables, whether row security binds their owner as well.
RELATIONS = """
SELECT concat_ws(' ', 'relation', relname, 'of', relowner::regrole,
    CASE WHEN relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity) THEN 'unguarded' END,
    array_to_string(reloptions, ' '))
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'c')
"""
GRANTS = """
SELECT concat_ws(' ', grantee, privilege, 'on', relname, CASE WHEN NOT whole THEN columns END)
FROM (
    SELECT coalesce(nullif(a.grantee, 0)::regrole::text, 'anybody') AS grantee,
        a.privilege_type AS privilege, c.relname, true AS whole, NULL AS columns
    FROM pg_class c, aclexplode(c.relacl) AS a
    WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner
    UNION ALL
    SELECT coalesce(nullif(a.grantee, 0)::regrole::text, 'anybody'), a.privilege_type, c.relname,
        false, '(' || string_agg(attname, ', ' ORDER BY attname) || ')'
    FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) AS a
    WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner
    GROUP BY 1, 2, c.relname
) AS granted
"""
FUNCTIONS = f"""
SELECT concat_ws(' ', 'function', proname, 'of', proowner::regrole,
    CASE WHEN prosecdef THEN 'as its owner' END,
    CASE WHEN proleakproof THEN 'leakproof' END, array_to_string(proconfig, ' '), 'by',
    (SELECT string_agg(grantee, ', ' ORDER BY grantee) FROM (
        SELECT coalesce(nullif(a.grantee, 0)::regrole::text, 'anybody') AS grantee
        FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) AS a
        WHERE a.grantee <> proowner
    ) AS callers))
FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND {OWN.format("p")}
"""
POLICIES = """
SELECT concat_ws(' ', 'policy', policyname, 'on', tablename, permissive, cmd, 'to',
    array_to_string(roles, ', '), 'using ' || regexp_replace(qual, '\\s+', ' ', 'g'),
    'check ' || regexp_replace(with_check, '\\s+', ' ', 'g'))
FROM pg_policies
"""
# What runs by itself, or for somebody else.
OTHERS = """
SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'rule ' || rulename FROM pg_rewrite WHERE rulename <> '_RETURN'
    AND ev_class::regclass::text !~ '^pg_' AND ev_class >= 16384
UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
UNION ALL SELECT 'publication ' || pubname FROM pg_publication
UNION ALL SELECT 'extension ' || extname FROM pg_extension
UNION ALL SELECT 'server ' || srvname FROM pg_foreign_server
UNION ALL SELECT 'default privileges ' || defaclobjtype::text FROM pg_default_acl
UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata
"""


def describe(sql: Sql) -> list[str]:
    """Sorted."""
    queries = (ROLES, MEMBERS, PLACES, SCHEMAS, RELATIONS, GRANTS, FUNCTIONS, POLICIES, OTHERS)
    return sorted(line for query in queries for (line,) in sql(query))
