-- What is still to be taken from a bucket of which so much was reserved that many seconds ago, when so much was used. Negative: to be given
-- back. Never more than all of a minute was reserved.
CREATE OR REPLACE FUNCTION settle(used bigint, reserved bigint, since double precision, per_minute integer) RETURNS bigint
LANGUAGE sql IMMUTABLE
RETURN used - greatest(least(reserved, per_minute) - ceil(since * per_minute / 60.0), least(used, least(reserved, per_minute)))::bigint;

REVOKE EXECUTE ON FUNCTION settle(bigint, bigint, double precision, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION settle(bigint, bigint, double precision, integer) TO runner;
