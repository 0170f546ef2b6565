-- Titles first, then messages, of both the newest first; of each chat three at most, unless it is searched alone. `left_out` is, at the last
-- of the three, how many more it has. Under row security the planner may not hand the match operator to an index, because the operator could
-- leak what it is shown; so this runs as a role that may read every text, and names the session itself. Hits are found before they are
-- compared with the session, or the planner would walk over all of another index to find its rows.
SET LOCAL ROLE searcher;
CREATE OR REPLACE FUNCTION search_chats(words text, skip integer, most integer, chat uuid DEFAULT NULL)
RETURNS TABLE (
    chat_id uuid, title varchar, message_id uuid, role varchar, content text,
    created_at timestamptz, left_out bigint
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH asked AS MATERIALIZED (
        SELECT id AS session_id, search_query(id, words) AS query
        FROM current_session() AS id
    ), hits AS MATERIALIZED (
        SELECT id AS chat_id, NULL::uuid AS message_id, session_id, updated_at AS created_at, id
        FROM chats WHERE search_words(session_id, title) @@ (SELECT query FROM asked)
        UNION ALL
        SELECT chat_id, id, session_id, created_at, id
        FROM messages WHERE search_words(session_id, content) @@ (SELECT query FROM asked)
            AND NOT (role = 'assistant' AND parent_id IS NULL)  -- the opening message, which is in every chat
        UNION ALL
        SELECT id, NULL, session_id, updated_at, id
        FROM chats WHERE session_id = (SELECT session_id FROM asked) AND title IS NULL
            AND search_words(session_id, chat_title(id, NULL)) @@ (SELECT query FROM asked)
    ), counted AS (
        SELECT hits.chat_id, hits.message_id, hits.created_at, hits.id, count(*) OVER (PARTITION BY hits.chat_id) AS of_chat,
            row_number() OVER (
                PARTITION BY hits.chat_id
                ORDER BY hits.message_id IS NOT NULL, hits.created_at DESC, hits.id DESC
            ) AS number
        FROM hits JOIN asked USING (session_id) JOIN chats c ON c.id = hits.chat_id
        WHERE c.deleted_at IS NULL AND c.expires_at IS NULL AND (chat IS NULL OR c.id = chat) AND (
            c.last_seq > 1  -- somebody has written in it
            OR EXISTS (SELECT FROM chat_documents d WHERE d.chat_id = c.id)
        )
    ), page AS (
        SELECT *, CASE WHEN chat IS NULL AND number = 3 THEN of_chat - 3 ELSE 0 END AS left_out
        FROM counted WHERE chat IS NOT NULL OR number <= 3
        ORDER BY message_id IS NOT NULL, created_at DESC, id DESC OFFSET skip LIMIT most
    )
    SELECT page.chat_id, chat_title(c.id, c.title), page.message_id, m.role,
        coalesce(m.content, chat_title(c.id, c.title)), page.created_at, page.left_out
    FROM page JOIN chats c ON c.id = page.chat_id LEFT JOIN messages m ON m.id = page.message_id
    ORDER BY page.message_id IS NOT NULL, page.created_at DESC, page.id DESC;
END;

REVOKE EXECUTE ON FUNCTION search_chats(text, integer, integer, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION search_chats(text, integer, integer, uuid) TO app;
RESET ROLE;
