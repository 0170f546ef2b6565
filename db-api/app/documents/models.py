"""The tables of documents: what they are, which chats have them, and what was read in them."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    false,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from app.db.base import Base, MadeId, TimeOfWriting
from app.jobs.models import UNFINISHED, LeasedJob, job_constraints
from app.limits import DOCUMENT_NAME_CHARACTERS, VECTOR_SIZE


class Document(LeasedJob, Base):
    """A file that a person gave to a chat or to the library, and the job of reading it. Its
    progress is counted in pages.

    A recording (``sound``) is in no chat and not in the library: its text becomes a message of the
    chat ``draft_of``. Its pages are parts of half a minute. When it has been read, its bytes are
    deleted.

    ``shown_file_id`` is a picture as it may be shown, without its metadata. ``pages`` is null until
    they are counted. ``read_with`` says by which programs it was read. Afterwards it may be a job
    again, that of getting vectors (``embedding``); ``vector_model`` made those of all its passages.
    """

    __tablename__ = "documents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["file_id", "session_id"], ["files.id", "files.session_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["shown_file_id", "session_id"],
            ["files.id", "files.session_id"],
            ondelete="SET NULL (shown_file_id)",
        ),
        ForeignKeyConstraint(
            ["draft_of", "session_id"],
            ["chats.id", "chats.session_id"],
            ondelete="SET NULL (draft_of)",
        ),
        # What pages, passages and chats point at, so that none can be of another session.
        UniqueConstraint("id", "session_id"),
        UniqueConstraint("file_id"),
        *job_constraints(),
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {DOCUMENT_NAME_CHARACTERS}", name="name"),
        CheckConstraint("kind IN ('pdf', 'text', 'markdown', 'jpeg', 'png', 'sound')", name="kind"),
        CheckConstraint("pages >= 0", name="pages"),
        CheckConstraint(
            "error IN ('crashed', 'damaged', 'empty', 'encrypted', 'too-large', 'too-many-pages',"
            " 'too-long')",
            name="error",
        ),
        # A session's documents, the newest first.
        Index(None, "session_id", "created_at", "id"),
        Index(None, "shown_file_id"),
        Index("documents_draft_of_idx", "draft_of", postgresql_where=sql("draft_of IS NOT NULL")),
        Index("documents_unfinished_idx", "created_at", "id", postgresql_where=UNFINISHED),
    )

    id: Mapped[MadeId]
    session_id: Mapped[UUID]
    file_id: Mapped[UUID]
    shown_file_id: Mapped[UUID | None]
    name: Mapped[str]
    kind: Mapped[str]
    in_library: Mapped[bool] = mapped_column(server_default=false())
    draft_of: Mapped[UUID | None]
    pages: Mapped[int | None]
    read_with: Mapped[str | None]
    error: Mapped[str | None]
    embedding: Mapped[bool] = mapped_column(server_default=false())
    vector_model: Mapped[str | None]


class ChatDocument(Base):
    """A chat that has a document. It may be in several, and in the library."""

    __tablename__ = "chat_documents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["chat_id", "session_id"], ["chats.id", "chats.session_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["document_id", "session_id"],
            ["documents.id", "documents.session_id"],
            ondelete="CASCADE",
        ),
        Index(None, "document_id"),
    )

    chat_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID]
    created_at: Mapped[TimeOfWriting]


class DocumentPage(Base):
    """A page's text, and where it is from. Pages are counted from 1; offsets into a page, here and
    everywhere, count code points of this text."""

    __tablename__ = "document_pages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["document_id", "session_id"],
            ["documents.id", "documents.session_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint(
            "source IN ('text', 'ocr', 'needs-ocr', 'unreadable', 'empty')", name="source"
        ),
        # Looked for whenever a worker with a Tesseract asks for work.
        Index(
            "document_pages_needs_ocr_idx",
            "document_id",
            postgresql_where=sql("source = 'needs-ocr'"),
        ),
    )

    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    source: Mapped[str]


class Passage(Base):
    """A part of a page that is searched and quoted: its text from ``start_offset`` up to
    ``end_offset``, and the words of it (``app/passages/words.py``)."""

    __tablename__ = "passages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["document_id", "session_id"],
            ["documents.id", "documents.session_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["document_id", "page"],
            ["document_pages.document_id", "document_pages.number"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("document_id", "page", "start_offset", "end_offset"),
        CheckConstraint("0 <= start_offset AND start_offset < end_offset", name="offsets"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    document_id: Mapped[UUID]
    session_id: Mapped[UUID]
    page: Mapped[int]
    start_offset: Mapped[int]
    end_offset: Mapped[int]
    text: Mapped[str]
    words: Mapped[str] = mapped_column(TSVECTOR)


class HalfVector(UserDefinedType[str]):
    """pgvector's ``halfvec``."""

    cache_ok = True

    def __init__(self, size: int) -> None:
        self.size = size

    def get_col_spec(self, **_: object) -> str:
        return f"halfvec({self.size})"


ischema_names["halfvec"] = HalfVector  # so that it is known when a table is looked at


class PassageVector(Base):
    """A sentence of a passage as an embedding model sees it: the page's text from ``start_offset``
    up to ``end_offset``."""

    __tablename__ = "passage_vectors"
    __table_args__ = (
        ForeignKeyConstraint(["passage_id"], ["passages.id"], ondelete="CASCADE"),
        CheckConstraint("0 <= start_offset AND start_offset < end_offset", name="offsets"),
        ForeignKeyConstraint(
            ["document_id", "session_id"],
            ["documents.id", "documents.session_id"],
            ondelete="CASCADE",
        ),
        Index(None, "document_id"),
        Index(
            None,
            "vector",
            postgresql_using="hnsw",
            postgresql_ops={"vector": "halfvec_cosine_ops"},
        ),
    )

    passage_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    start_offset: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    end_offset: Mapped[int]
    document_id: Mapped[UUID]
    session_id: Mapped[UUID]
    model: Mapped[str]
    vector: Mapped[str] = mapped_column(HalfVector(VECTOR_SIZE))
