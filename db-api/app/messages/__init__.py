"""Messages: what was said, as a tree per chat, paged along the branch that is shown."""
