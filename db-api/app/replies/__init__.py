"""Replies: the jobs that fill assistant messages: waiting, claimed, growing, final."""
