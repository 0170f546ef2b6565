"""What every route shares: who calls, what it is given, errors as problems, health, docs."""
