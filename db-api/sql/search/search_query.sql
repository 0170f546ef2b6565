-- Every word, each as the beginning of one; null if there is none. No operator can be among them.
CREATE OR REPLACE FUNCTION search_query(session uuid, words text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT format('%L & ', '#' || session::text) || string_agg(format('%L:*', word), ' & ')
    FROM unnest(split_words(words)) AS word
)::tsquery;

REVOKE EXECUTE ON FUNCTION search_query(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_query(uuid, text) TO searcher;
