"""Deleting chats and messages, undoing it for a day, and purging what is over."""
