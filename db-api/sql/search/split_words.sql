-- A text's words, each once. Words are runs of letters and digits; PostgreSQL's parser alone would take "and/or" for a file and, in a
-- database with the C locale as ours, „word“ with its quotes for a word. In scripts without spaces each character is a word. More
-- than 40,000 characters are not indexed: a tsvector ends at 1 MB, and storing the text would fail. (search/snippets.py knows the
-- same number.) The indexes on texts are made with this: a change means rebuilding them.
CREATE OR REPLACE FUNCTION split_words(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN tsvector_to_array(to_tsvector('simple',
    regexp_replace(
        regexp_replace(left(words, 40000), '[^[:alnum:]]+', ' ', 'g'),
        '([\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])', ' \1 ', 'g'
    )
));

REVOKE EXECUTE ON FUNCTION split_words(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION split_words(text) TO app, runner, searcher;
