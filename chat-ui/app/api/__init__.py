"""The API for programs, as OpenAI's: they show a token, and get JSON for everything."""
