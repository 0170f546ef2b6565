"""Uploads: the files of a form are passed on to db-api as they come, and are never held."""
