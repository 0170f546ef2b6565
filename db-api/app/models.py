"""Every table in one place, for Alembic: importing this module fills ``Base.metadata``."""

from app.chats.models import Chat
from app.db.base import Base
from app.messages.models import Message
from app.replies.models import Reply
from app.sessions.models import Session

__all__ = ["Base", "Chat", "Message", "Reply", "Session"]
