"""Whether the programs that people use get on with the API."""
