"""What db-api promises, held against a real PostgreSQL 18."""
