"""Finds the words of a passage that answer a question. It runs as a process of its own, which opens
no files of people and needs nothing of the reader's; nor does the reader need its libraries."""
