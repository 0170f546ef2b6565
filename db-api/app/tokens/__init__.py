"""Tokens: with one of them a program acts for a session."""
