"""Documents: a person's files that were put into chats or into the library, and their text."""
