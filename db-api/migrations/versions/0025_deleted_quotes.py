"""A quote stays when its document is deleted, without its words: that there was one.

Revision: 0025, after 0024.
"""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KEYS = {
    "quotes_document_id_session_id_fkey": (
        "FOREIGN KEY (document_id, session_id) REFERENCES documents (id, session_id)"
    ),
    "quotes_document_id_page_fkey": (
        "FOREIGN KEY (document_id, page) REFERENCES document_pages (document_id, number)"
    ),
}
CHECKS = {
    "quotes_document_check": (
        "num_nulls(page, start_offset, end_offset) IN (0, 3)"
        " AND (page IS NULL OR (0 <= start_offset AND start_offset < end_offset))"
        " AND (document_id IS NULL OR page IS NOT NULL)"
    ),
    "quotes_something_check": "num_nonnulls(reply_start, page) > 0",
}
CHECKS_BEFORE = {
    "quotes_document_check": (
        "num_nulls(document_id, page, start_offset, end_offset) IN (0, 4)"
        " AND (document_id IS NULL OR (0 <= start_offset AND start_offset < end_offset))"
    ),
    "quotes_something_check": "num_nonnulls(reply_start, document_id) > 0",
}


def _replace(checks: dict[str, str], on_delete: str) -> None:
    for name, check in checks.items():
        op.execute(f"ALTER TABLE quotes DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE quotes ADD CONSTRAINT {name} CHECK ({check})")
    for name, key in KEYS.items():
        op.execute(f"ALTER TABLE quotes DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE quotes ADD CONSTRAINT {name} {key} ON DELETE {on_delete}")


def upgrade() -> None:
    _replace(CHECKS, "SET NULL (document_id)")


def downgrade() -> None:
    op.execute("ALTER TABLE quotes NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM quotes WHERE document_id IS NULL AND page IS NOT NULL")
    op.execute("ALTER TABLE quotes FORCE ROW LEVEL SECURITY")
    _replace(CHECKS_BEFORE, "CASCADE")
