"""What the API says about pages."""

from pydantic import BaseModel

from app.chats.schemas import Chat, ChatPage
from app.documents.schemas import Document
from app.messages.schemas import MessagePage


class Page(BaseModel):
    """A chat with a part of its messages, its documents, and the newest chats to show beside it."""

    chat: Chat
    messages: MessagePage
    documents: list[Document]
    chats: ChatPage
