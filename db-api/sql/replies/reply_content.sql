-- What a message says whose reply has these steps: all their text.
CREATE OR REPLACE FUNCTION reply_content(finished_steps jsonb, text varchar) RETURNS varchar
LANGUAGE sql IMMUTABLE
RETURN CASE jsonb_array_length(finished_steps)
    WHEN 0 THEN text
    ELSE (
        SELECT coalesce(string_agg(step.text, '' ORDER BY step.number), '')
        FROM reply_steps(finished_steps, text) AS step WHERE step.kind = 'text'
    )
END;

REVOKE EXECUTE ON FUNCTION reply_content(jsonb, varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reply_content(jsonb, varchar) TO app, runner;
