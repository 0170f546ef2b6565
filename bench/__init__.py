"""Measures a Parley of its own beside the bare model server: see README.md."""
