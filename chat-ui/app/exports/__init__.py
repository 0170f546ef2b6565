"""A chat as a file: whole, and streamed a page at a time, however long it is."""
