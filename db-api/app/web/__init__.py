"""What every route shares: who calls, what they are given, errors as problems, limits, health, docs."""
