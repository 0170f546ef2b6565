"""A salt at the beginning of a session's prompts, so that no other session's prompt begins alike.

lm-api keeps what it has read, and reads a prompt from where it differs from those. Without a salt,
the time until the first word would tell a stranger whether somebody has written a text before.
"""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Connection

from app.prompt.schemas import PromptMessage

LENGTH = 4  # letters: no tokenizer makes more tokens of them
LEFT_OUT = b"AEIOUaeiou+/"  # no words, nothing but letters and digits


def add_salt(connection: Connection, session_id: UUID, prompt: Sequence[PromptMessage]) -> None:
    """To the first message, if this db-api salts prompts."""
    if prompt and connection.get_execution_options()["salts_prompts"]:
        prompt[0].salt = make_salt(session_id)


def make_salt(session_id: UUID) -> str:
    """Always the same one of a session. The id can't be told from it, nor from the id's time."""
    digest = b64encode(sha256(b"prompt salt of " + session_id.bytes).digest())
    return digest.translate(None, LEFT_OUT)[:LENGTH].decode()
