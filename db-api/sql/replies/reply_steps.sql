-- A reply's steps in their order: the finished ones, then the one that `text` belongs to. A reply with no finished step has one step,
-- which may still be empty.
CREATE OR REPLACE FUNCTION reply_steps(finished_steps jsonb, text varchar)
RETURNS TABLE (number integer, kind varchar, text varchar) LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
    SELECT step.position - 1, step.kind, step.text
    FROM ROWS FROM (jsonb_to_recordset(reply_steps.finished_steps) AS (kind varchar, text varchar))
        WITH ORDINALITY AS step (kind, text, position)
    UNION ALL
    SELECT jsonb_array_length(reply_steps.finished_steps), 'text', reply_steps.text
    WHERE reply_steps.text <> '' OR jsonb_array_length(reply_steps.finished_steps) = 0;
END;

REVOKE EXECUTE ON FUNCTION reply_steps(jsonb, varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reply_steps(jsonb, varchar) TO app, runner;
