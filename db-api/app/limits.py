"""The rules about what people may enter. db-api owns them and tells them (`GET /limits`).

What depends on the machine is a setting instead: MESSAGE_LIMIT and LM_MAX_TOKENS.
"""

from pydantic import BaseModel, Field

NAME_CHARACTERS = 80
TITLE_CHARACTERS = 80
SYSTEM_PROMPT_CHARACTERS = 8_000
OPENING_MESSAGE_CHARACTERS = 8_000
CLIENT_KEY_CHARACTERS = 64
HIGHEST_TEMPERATURE = 2
# Counts end where PostgreSQL's integer does.
LARGEST_COUNT = 2**31 - 1


class Limits(BaseModel):
    """What is accepted, for forms that want to say so beforehand."""

    name_characters: int = NAME_CHARACTERS
    title_characters: int = TITLE_CHARACTERS
    system_prompt_characters: int = SYSTEM_PROMPT_CHARACTERS
    temperature: float = Field(default=HIGHEST_TEMPERATURE, description="The highest.")
    message_bytes: int = Field(description="Of a message in UTF-8.")
    reply_tokens: int = Field(description="The most that a chat may ask of one reply.")
