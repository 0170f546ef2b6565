-- When a lease that begins now runs out, by the database's clock: the only one that all copies share.
CREATE OR REPLACE FUNCTION new_lease() RETURNS timestamptz LANGUAGE sql VOLATILE
RETURN clock_timestamp() + lease_length();

REVOKE EXECUTE ON FUNCTION new_lease() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION new_lease() TO runner, reader;
