"""Search: over the titles and messages of one session's chats."""
