"""What templates are given: small typed objects, made from what db-api sent.

Each page of `templates/` documents the one object it renders as `page`.
"""
