"""Kills and hinders a running Parley in every way we can think of, and checks what it promised."""
