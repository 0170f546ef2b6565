"""Exporting: one at a time for each session, whichever copy of chat-ui sends it."""
