"""Following a chat by long poll: answers as soon as something differs from what the caller knows."""
