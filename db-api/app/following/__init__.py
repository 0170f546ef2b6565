"""Following a chat: one long poll that answers when something changes."""
