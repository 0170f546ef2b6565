"""Vectors of sentences instead of whole passages, and which sentence of a found passage is nearest.

All vectors are made again, as for another model. Until then documents are searched by words.

Revision: 0020, after 0019.
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

FORGET = (
    "TRUNCATE passage_vectors",
    "ALTER TABLE documents NO FORCE ROW LEVEL SECURITY",
    "UPDATE documents SET vector_model = NULL",
    "ALTER TABLE documents FORCE ROW LEVEL SECURITY",
)
SENTENCES = """
ALTER TABLE passage_vectors
    DROP CONSTRAINT passage_vectors_pkey,
    ADD start_offset integer NOT NULL,
    ADD end_offset integer NOT NULL,
    ADD CONSTRAINT passage_vectors_pkey PRIMARY KEY (passage_id, start_offset),
    ADD CONSTRAINT passage_vectors_offsets_check
        CHECK (0 <= start_offset AND start_offset < end_offset)
"""
NEAREST = """
ALTER TABLE reply_passages
    ADD sentence_start integer,
    ADD sentence_end integer,
    ADD CONSTRAINT reply_passages_sentence_check CHECK (
        num_nulls(sentence_start, sentence_end) IN (0, 2)
        AND (sentence_start IS NULL OR (start_offset <= sentence_start
            AND sentence_start < sentence_end AND sentence_end <= end_offset))
    )
"""


def upgrade() -> None:
    for statement in (*FORGET, SENTENCES, NEAREST):
        op.execute(statement)


def downgrade() -> None:
    for statement in FORGET:
        op.execute(statement)
    # With the functions and policies of `sql/` that name them.
    op.execute(
        "ALTER TABLE passage_vectors DROP CONSTRAINT passage_vectors_pkey,"
        " DROP start_offset CASCADE, DROP end_offset CASCADE,"
        " ADD CONSTRAINT passage_vectors_pkey PRIMARY KEY (passage_id)"
    )
    op.execute("ALTER TABLE reply_passages DROP sentence_start CASCADE, DROP sentence_end CASCADE")
