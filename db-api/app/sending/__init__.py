"""Sending a message, and asking for a reply again: each stores what is asked and its queued reply."""
