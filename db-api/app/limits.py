"""The rules about what people may enter, and how much. db-api owns them and tells them
(`GET /limits`).

A message's size and a reply's length depend on the machine: here are the defaults of the settings
MESSAGE_LIMIT and LM_MAX_TOKENS. How much one of them may ask for depends on who they are: LIMITS
names one of the `PRESETS` (docs/decisions/0022-limits.md).
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from app.errors import MessageTooLarge

MESSAGE_BYTES = 32_768
MOST_REPLY_TOKENS = 2048
QUEUED_REPLIES = 100
CONTEXT_TOKENS = 4096
NAME_CHARACTERS = 80
TITLE_CHARACTERS = 80
SYSTEM_PROMPT_CHARACTERS = 8_000
OPENING_MESSAGE_CHARACTERS = 8_000
CLIENT_KEY_CHARACTERS = 64
DOCUMENT_NAME_CHARACTERS = 200
MESSAGE_PICTURES = 4
# Numbers of a passage's vector.
VECTOR_SIZE = 384
HIGHEST_TEMPERATURE = 2
MOST_TURNS = 1000
MOST_CALLS = 4  # of tools, by the model, for a reply
MOST_TOKEN_DAYS = 90
LIVE_TOKENS = 20
# Counts end where PostgreSQL's integer does.
LARGEST_COUNT = 2**31 - 1


Preset = Literal["home", "class", "public", "off"]
# What has a limit of its own; chat-ui has words for each.
LimitName = Literal[
    "chat-replies",
    "session-replies",
    "messages",
    "chats",
    "tokens",
    "program-messages",
    "program-tokens",
    "sessions",
    "streams",
    "searches",
    "all-searches",
    "exports",
]


@dataclass(frozen=True)
class Quotas:
    """How much is taken: past it a request is refused with 429 or 413, and nothing is stored.

    Of a session `session_replies` may be queued or running, of a chat `chat_replies`; of all
    sessions `queued_replies` be queued. A session may store `messages_per_minute`, asking for a
    reply again among them, and `chats_per_minute`; its replies take `tokens_per_minute`, read and
    written. What a program asks for with a token is also counted for that token: it has
    `program_messages_per_minute` and `program_tokens_per_minute`. A reply reserves the most that it
    may take, in a chat `context_tokens`, which is all that the model can see.
    `sessions_per_minute` may begin at one address. `streams` and `searches` of a session may run at
    once, and one export. `session_bytes` are its chats and messages.
    """

    session_replies: int
    chat_replies: int
    messages_per_minute: int
    chats_per_minute: int
    tokens_per_minute: int
    program_messages_per_minute: int
    program_tokens_per_minute: int
    sessions_per_minute: int
    streams: int
    searches: int
    session_bytes: int
    queued_replies: int = QUEUED_REPLIES
    context_tokens: int = CONTEXT_TOKENS


PRESETS: dict[Preset, Quotas] = {
    "home": Quotas(
        session_replies=8,
        chat_replies=5,
        messages_per_minute=60,
        chats_per_minute=60,
        tokens_per_minute=200_000,
        program_messages_per_minute=30,
        program_tokens_per_minute=100_000,
        sessions_per_minute=60,
        streams=50,
        searches=8,
        session_bytes=2_000_000_000,
    ),
    "class": Quotas(
        session_replies=5,
        chat_replies=3,
        messages_per_minute=20,
        chats_per_minute=20,
        tokens_per_minute=60_000,
        program_messages_per_minute=10,
        program_tokens_per_minute=30_000,
        sessions_per_minute=120,
        streams=12,
        searches=4,
        session_bytes=200_000_000,
    ),
    "public": Quotas(
        session_replies=3,
        chat_replies=2,
        messages_per_minute=10,
        chats_per_minute=5,
        tokens_per_minute=20_000,
        program_messages_per_minute=5,
        program_tokens_per_minute=10_000,
        sessions_per_minute=20,
        streams=6,
        searches=2,
        session_bytes=20_000_000,
    ),
    "off": Quotas(*[LARGEST_COUNT] * 11),
}


class Limits(BaseModel):
    """What is accepted, for forms that want to say so beforehand."""

    name_characters: int = NAME_CHARACTERS
    title_characters: int = TITLE_CHARACTERS
    system_prompt_characters: int = SYSTEM_PROMPT_CHARACTERS
    temperature: float = Field(default=HIGHEST_TEMPERATURE, description="The highest.")
    turns: int = Field(default=MOST_TURNS, description="The most that a chat may remember.")
    token_days: int = Field(default=MOST_TOKEN_DAYS, description="The longest life of a token.")
    message_bytes: int = Field(description="Of a message in UTF-8.")
    reply_tokens: int = Field(description="The most that a chat may ask of one reply.")
    context_tokens: int = Field(
        description="What the model can see at once: system prompt, messages and reply together. A"
        " message that does not fit is stored, and its reply fails as prompt-too-long."
    )
    document_bytes: int = Field(description="Of a file.")
    document_pages: int = Field(description="Of a document.")
    documents_bytes: int = Field(description="Of all documents of a session.")
    document_name_characters: int = DOCUMENT_NAME_CHARACTERS
    streams: int = Field(description="That a session may read at once, from one who sends them.")


def check_message(content: str, limit: int) -> None:
    """MessageTooLarge if it has more bytes than that, as they will be stored."""
    size = len(content.encode())
    if size > limit:
        raise MessageTooLarge(size=size, limit=limit)
