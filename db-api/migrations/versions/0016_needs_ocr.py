"""An index of the pages that wait for a Tesseract.

Revision: 0016, after 0015.
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "CREATE INDEX document_pages_needs_ocr_idx ON document_pages (document_id)"
        " WHERE source = 'needs-ocr'"
    )


def downgrade() -> None:
    op.execute("DROP INDEX document_pages_needs_ocr_idx")
