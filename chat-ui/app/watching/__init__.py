"""Watching a chat: one feed per watched chat and copy, shared by everybody who looks at it."""
