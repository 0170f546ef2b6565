"""PostgreSQL: transactions that act for somebody, prepared statements, SQL files."""
