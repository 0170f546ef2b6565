"""The rules about what people may enter. db-api owns them and tells them (`GET /limits`).

A message's size and a reply's length depend on the machine: here are the defaults of the settings
MESSAGE_LIMIT and LM_MAX_TOKENS.
"""

from pydantic import BaseModel, Field

from app.errors import MessageTooLarge

MESSAGE_BYTES = 32_768
MOST_REPLY_TOKENS = 2048
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
# Counts end where PostgreSQL's integer does.
LARGEST_COUNT = 2**31 - 1


class Limits(BaseModel):
    """What is accepted, for forms that want to say so beforehand."""

    name_characters: int = NAME_CHARACTERS
    title_characters: int = TITLE_CHARACTERS
    system_prompt_characters: int = SYSTEM_PROMPT_CHARACTERS
    temperature: float = Field(default=HIGHEST_TEMPERATURE, description="The highest.")
    turns: int = Field(default=MOST_TURNS, description="The most that a chat may remember.")
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


def check_message(content: str, limit: int) -> None:
    """MessageTooLarge if it has more bytes than that, as they will be stored."""
    size = len(content.encode())
    if size > limit:
        raise MessageTooLarge(size=size, limit=limit)
