"""What Parley is made of beside its own code: a list of it, known weaknesses, and base images held
to their exact content."""
