"""Passages: finding those of a chat's documents that answer a question."""
