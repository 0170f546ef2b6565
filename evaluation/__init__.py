"""How well questions about documents are answered: see README.md."""
