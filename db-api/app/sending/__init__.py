"""Sending a message, regenerating a reply: each stores what is asked and its queued reply."""
