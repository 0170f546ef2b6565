"""Files: kept in blocks, stored once their size and hash are complete."""
