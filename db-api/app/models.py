"""Every table in one place, for Alembic: importing this module fills ``Base.metadata``."""

from app.chats.models import Chat
from app.db.base import Base
from app.documents.models import ChatDocument, Document, DocumentPage, Passage, PassageVector
from app.files.models import File, FileBlock
from app.messages.models import Message, MessagePicture
from app.replies.models import Quote, Reply, ReplyPassage
from app.sessions.models import Session
from app.tokens.models import Token
from app.usage.models import Address, SessionUsage

__all__ = [
    "Address",
    "Base",
    "Chat",
    "ChatDocument",
    "Document",
    "DocumentPage",
    "File",
    "FileBlock",
    "Message",
    "MessagePicture",
    "Passage",
    "PassageVector",
    "Quote",
    "Reply",
    "ReplyPassage",
    "Session",
    "SessionUsage",
    "Token",
]
