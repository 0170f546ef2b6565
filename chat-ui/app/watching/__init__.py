"""Watching chats: one feed per chat, however many watch it, as events or as a page that grows."""
