-- What is searched of a passage: its words, as app/passages/words.py splits them, and their stems in that language, if it is known.
CREATE OR REPLACE FUNCTION passage_words(words text[], language text) RETURNS tsvector
LANGUAGE sql STABLE
RETURN array_to_tsvector(words || ARRAY(
    SELECT stem
    FROM unnest(words) AS word, unnest(ts_lexize((language || '_stem')::regdictionary, word)) AS stem
));

REVOKE EXECUTE ON FUNCTION passage_words(text[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION passage_words(text[], text) TO reader, app;
