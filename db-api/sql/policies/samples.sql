-- PostgreSQL's planner keeps samples of what columns hold (pg_statistic), also of rows that are deleted since. Of people's words there are
-- none: their rows are found by other columns, and "Delete all my data" would leave the samples.
DO $$
DECLARE
    words record;
BEGIN
    FOR words IN
        SELECT c.relname, a.attname
        FROM (VALUES
            ('sessions', '{name,system_prompt}'::name[]), ('chats', '{username,title,system_prompt,client_key,sampling,request_sha256}'),
            ('messages', '{content,client_key}'), ('replies', '{text,finished_steps,calls,network}'),
            ('files', '{sha256}'), ('file_blocks', '{bytes}'), ('documents', '{name}'), ('document_pages', '{text}'),
            ('passages', '{text,words}'), ('passage_vectors', '{vector}'),
            ('tokens', '{name}'),
            ('chats_search_idx', '{search_words}'), ('messages_search_idx', '{search_words}')
        ) AS kept (relation, columns)
        JOIN pg_class c ON c.oid = kept.relation::regclass
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = ANY(kept.columns)
    LOOP
        EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STATISTICS 0', words.relname, words.attname); -- or an index
        PERFORM pg_clear_attribute_stats('public', words.relname, words.attname, false);
    END LOOP;
END
$$;
