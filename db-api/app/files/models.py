"""The tables of files."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, MadeId, Time, TimeOfWriting

BLOCK_BYTES = 1_048_576


class File(Base):
    """Bytes of a session. It is there once ``stored_at`` is set; until then it is an upload.

    ``size`` is what was stated at first, and exact in the end; ``received`` are the bytes that
    are here. The same content is kept once per session. ``sha256`` is null of what was not
    uploaded: the pictures that are made to be shown. ``touched_at``: when the last block came.
    """

    __tablename__ = "files"
    __table_args__ = (
        # What blocks and documents point at, so that none can be of another session.
        UniqueConstraint("id", "session_id"),
        CheckConstraint("received >= 0", name="received"),
        CheckConstraint("size >= 0", name="size"),
        CheckConstraint("octet_length(sha256) = 32", name="sha256"),
        CheckConstraint("stored_at IS NULL OR size IS NOT DISTINCT FROM received", name="stored"),
        Index(
            "files_content_idx",
            "session_id",
            "sha256",
            unique=True,
            postgresql_where=sql("stored_at IS NOT NULL"),
        ),
        Index("files_unfinished_idx", "touched_at", postgresql_where=sql("stored_at IS NULL")),
    )

    id: Mapped[MadeId]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    size: Mapped[int | None] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    sha256: Mapped[bytes | None]
    stored_at: Mapped[Time | None]
    created_at: Mapped[TimeOfWriting]
    touched_at: Mapped[TimeOfWriting]


class FileBlock(Base):
    """1 MiB of a file, the last one what is left. Numbers begin with 0."""

    __tablename__ = "file_blocks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["file_id", "session_id"], ["files.id", "files.session_id"], ondelete="CASCADE"
        ),
        CheckConstraint("number >= 0", name="number"),
        CheckConstraint(f"octet_length(bytes) BETWEEN 1 AND {BLOCK_BYTES}", name="bytes"),
    )

    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(primary_key=True)
    bytes: Mapped[bytes]
