"""Following a chat by long poll: an answer comes when something differs from what is known."""
