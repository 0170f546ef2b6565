-- How many bytes a message counts as: a person's with its row and the index of its words, the assistant's as much as it may become. So
-- nothing has to be counted while a reply is written or closed, and what a session keeps is rather less than its count.
CREATE OR REPLACE FUNCTION weight(role varchar, content varchar) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN CASE role WHEN 'user' THEN 500 + octet_length(content) ELSE 10000 END;

REVOKE EXECUTE ON FUNCTION weight(varchar, varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weight(varchar, varchar) TO runner;
