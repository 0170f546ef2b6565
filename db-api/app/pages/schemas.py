"""What the API says about pages."""

from pydantic import BaseModel

from app.chats.schemas import Chat, ChatPage
from app.messages.schemas import MessagePage


class Page(BaseModel):
    """A chat with a part of its messages, and the newest chats to show beside it."""

    chat: Chat
    messages: MessagePage
    chats: ChatPage
