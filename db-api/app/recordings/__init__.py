"""Recordings: what was said in them is the draft of a message, until it is sent or deleted."""
