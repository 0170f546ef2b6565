"""The process that opens people's files: one for each file, limited, cut off, soon gone."""
