"""Runs Parley's services as plain processes, without Docker: `make local`."""
