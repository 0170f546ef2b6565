"""Shows that nobody gets in: see README.md."""
