"""What passages are searched by: their words, and vectors of an embedding model.

Vectors have a table of their own, so that another model rewrites no passage. Without pgvector
they are arrays, which nothing searches.

Revision: 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# As db-api/app/passages/words.py splits texts today, but for stems: those come with pages that are
# read from now on.
WORDS = r"""
UPDATE passages SET words = strip(to_tsvector('simple', regexp_replace(
    lower(regexp_replace(normalize(text, NFKD), '[\u0300-\u036f]', '', 'g')),
    '[^[:alnum:]]+', ' ', 'g'
)))
"""

VECTORS = """
CREATE TABLE passage_vectors (
    passage_id bigint CONSTRAINT passage_vectors_pkey PRIMARY KEY
        CONSTRAINT passage_vectors_passage_id_fkey REFERENCES passages ON DELETE CASCADE,
    document_id uuid NOT NULL,
    session_id uuid NOT NULL,
    model varchar NOT NULL,
    vector {type} NOT NULL,
    CONSTRAINT passage_vectors_document_id_session_id_fkey FOREIGN KEY (document_id, session_id)
        REFERENCES documents (id, session_id) ON DELETE CASCADE
)
"""


def upgrade() -> None:
    # Words are read whenever passages are searched: in the row, and not compressed.
    op.execute("ALTER TABLE passages ADD words tsvector, SET (toast_tuple_target = 8160)")
    op.execute("ALTER TABLE passages NO FORCE ROW LEVEL SECURITY")
    op.execute(WORDS)
    op.execute("ALTER TABLE passages ALTER words SET NOT NULL, FORCE ROW LEVEL SECURITY")
    op.execute(
        "ALTER TABLE documents ADD embedding boolean NOT NULL DEFAULT false,"
        " ADD vector_model varchar"
    )
    has_pgvector = op.get_bind().scalar(sa.text("SELECT to_regtype('halfvec') IS NOT NULL"))
    op.execute(VECTORS.format(type="halfvec(384)" if has_pgvector else "real[]"))
    op.execute("ALTER TABLE passage_vectors ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("CREATE INDEX passage_vectors_document_id_idx ON passage_vectors (document_id)")
    if has_pgvector:
        op.execute(
            "CREATE INDEX passage_vectors_vector_idx ON passage_vectors"
            " USING hnsw (vector halfvec_cosine_ops)"
        )


def downgrade() -> None:
    # With the functions and policies of `sql/` that name them.
    op.execute("DROP TABLE passage_vectors CASCADE")
    op.execute("ALTER TABLE documents DROP embedding CASCADE, DROP vector_model CASCADE")
    op.execute("ALTER TABLE passages DROP words, RESET (toast_tuple_target)")
