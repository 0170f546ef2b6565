"""Answering from documents: what a reply is to be answered from is found once, and kept with it."""
