"""Replies: the job of writing one assistant message. What happens to them is in `queue/`."""
