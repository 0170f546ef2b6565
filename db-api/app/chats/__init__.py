"""Chats: a named conversation of one session, with the branch of messages it shows."""
