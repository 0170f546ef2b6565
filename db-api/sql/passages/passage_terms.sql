-- What passages are searched for: each word of a question, by its number, as it is or as its stem in any of these languages. Stop words of
-- the question's own language, if that is known, are left out. No operator can be among the words. What forms write before a number in many
-- spellings is found by each of them. (chat-ui's answering/words.py has the same ones.)
CREATE OR REPLACE FUNCTION passage_terms(words text[], language text, languages text[])
RETURNS TABLE (number bigint, query tsquery)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT w.number, string_agg(format('%L', form), ' | ')::tsquery
    FROM unnest(words) WITH ORDINALITY AS w (word, number)
    CROSS JOIN LATERAL (
        SELECT w.word AS form
        UNION
        SELECT stem
        FROM unnest(languages) AS l, unnest(ts_lexize((l || '_stem')::regdictionary, w.word)) AS stem
        UNION
        SELECT unnest(spellings)
        FROM (VALUES (ARRAY['phone', 'telephone', 'tel', 'telefon', 'telefono', 'telefoon'])) AS s (spellings)
        WHERE w.word = ANY (spellings)
    ) AS forms
    WHERE ts_lexize((language || '_stem')::regdictionary, w.word) IS DISTINCT FROM '{}'
    GROUP BY w.number;
END;

REVOKE EXECUTE ON FUNCTION passage_terms(text[], text, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION passage_terms(text[], text, text[]) TO app;
