-- What is indexed of a text: its words, and whose it is, as a word that no text can have. Every query asks for that one, too, so the
-- index itself keeps to the session.
CREATE OR REPLACE FUNCTION search_words(session uuid, words text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000
RETURN array_to_tsvector(split_words(words) || ('#' || session::text));

REVOKE EXECUTE ON FUNCTION search_words(uuid, text) FROM PUBLIC;
-- Whoever writes a text also writes the index.
GRANT EXECUTE ON FUNCTION search_words(uuid, text) TO app, runner, searcher;
