-- What a chat is called: by its title, which its first message or its owner gives it; before that after its first document, whose name is cut
-- where a title ends.
CREATE OR REPLACE FUNCTION chat_title(chat uuid, title varchar) RETURNS varchar LANGUAGE sql STABLE
RETURN coalesce(title, (
    SELECT CASE WHEN char_length(d.name) <= 80 THEN d.name ELSE rtrim(left(d.name, 79)) || '…' END
    FROM chat_documents link JOIN documents d ON d.id = link.document_id
    WHERE link.chat_id = chat ORDER BY link.created_at, d.id LIMIT 1
));

REVOKE EXECUTE ON FUNCTION chat_title(uuid, varchar) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chat_title(uuid, varchar) TO app, searcher;
