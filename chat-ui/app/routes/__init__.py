"""The routes: they parse, make one call, and respond."""
