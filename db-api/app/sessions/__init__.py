"""Sessions: who is asking. A browser holds only the id, so a session can be ended."""
