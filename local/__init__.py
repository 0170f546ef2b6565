"""Runs Parley's five services as plain processes, without Docker: `make local`."""
