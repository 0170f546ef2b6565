"""Every setting of db-api, read from the environment when the app is created, never at import."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL

from app.limits import (
    CONTEXT_TOKENS,
    LARGEST_COUNT,
    MESSAGE_BYTES,
    MOST_REPLY_TOKENS,
    PRESETS,
    QUEUED_REPLIES,
    Preset,
    Quotas,
)


class SecretMissing(RuntimeError):
    """A secret's file is absent, unreadable or empty: nothing can start without it."""


def read_secret(path: Path, setting: str) -> str:
    """The secret in the file, without surrounding white space."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretMissing(f"{setting} names {path}, which cannot be read: {error}") from error
    if not secret:
        raise SecretMissing(f"{setting} names {path}, which is empty.")
    return secret


class Settings(BaseSettings):
    """Environment variables of the same names in capitals; README.md has the table."""

    # Compose passes an unset setting on as an empty one.
    model_config = SettingsConfigDict(env_ignore_empty=True)

    db_host: str = "db"
    db_port: int = 5432
    db_name: str = "parley"
    db_user: str = "parley"
    db_password_file: Path = Path("/run/secrets/db/password")
    db_logins_dir: Path = Path("/run/secrets/db-logins")
    db_pool: int = Field(default=10, ge=1, le=200)
    db_api_token_file: Path = Path("/run/secrets/db-api/token")
    doc_worker_token_file: Path = Path("/run/secrets/doc-worker/token")
    message_limit: int = Field(default=MESSAGE_BYTES, ge=1)
    document_limit: int = Field(default=25_000_000, ge=1)
    document_pages: int = Field(default=1000, ge=1)
    documents_quota: int = Field(default=200_000_000, ge=1)
    whisper_model: str = ""
    documents_total: int = Field(default=2_000_000_000, ge=1)
    api_keep_days: int = Field(default=7, ge=1, le=3650)
    session_days: int = Field(default=90, ge=1, le=3650)
    queue_limit: int = Field(default=QUEUED_REPLIES, ge=1)
    limits: Preset = "home"
    replies_per_session: int | None = Field(default=None, ge=1)
    replies_per_chat: int | None = Field(default=None, ge=1)
    messages_per_minute: int | None = Field(default=None, ge=1, le=LARGEST_COUNT)
    tokens_per_minute: int | None = Field(default=None, ge=1, le=LARGEST_COUNT)
    program_messages_per_minute: int | None = Field(default=None, ge=1, le=LARGEST_COUNT)
    program_tokens_per_minute: int | None = Field(default=None, ge=1, le=LARGEST_COUNT)
    sessions_per_minute: int | None = Field(default=None, ge=1, le=LARGEST_COUNT)
    bytes_per_session: int | None = Field(default=None, ge=1)
    prompt_salt: Literal["on", "off"] | None = None
    lm_slots: int = Field(default=8, ge=1, le=1000)
    lm_context: int = Field(default=CONTEXT_TOKENS, ge=256)
    lm_max_tokens: int = Field(default=MOST_REPLY_TOKENS, ge=1)

    @property
    def salts_prompts(self) -> bool:
        """Whether sessions are of people who should learn nothing from each other."""
        if self.prompt_salt is None:
            return self.limits in ("class", "public")
        return self.prompt_salt == "on"

    @property
    def owner_url(self) -> URL:
        """Where the database is, for the login that owns it: that of the migrations."""
        return self._url(self.db_user, read_secret(self.db_password_file, "DB_PASSWORD_FILE"))

    def login_name(self, login: str) -> str:
        """A login's name in PostgreSQL: `login` is one of `app/db/logins.py`."""
        return f"{self.db_user}_{login}"

    def login_url(self, login: str) -> URL:
        """Where the database is, for one of db-api's own logins."""
        password = read_secret(self.db_logins_dir / login, "DB_LOGINS_DIR")
        return self._url(self.login_name(login), password)

    def _url(self, username: str, password: str) -> URL:
        return URL.create(
            "postgresql+psycopg2",
            username=username,
            password=password,
            host=self.db_host,
            port=self.db_port,
            database=self.db_name,
        )

    @property
    def service_token(self) -> str:
        """What every calling service has to show."""
        return read_secret(self.db_api_token_file, "DB_API_TOKEN_FILE")

    @property
    def doc_worker_token(self) -> str:
        """What doc-worker has to show, which opens the reading of documents and nothing else."""
        return read_secret(self.doc_worker_token_file, "DOC_WORKER_TOKEN_FILE")

    @property
    def quotas(self) -> Quotas:
        """Those of the preset that LIMITS names, but for the settings of their own."""
        own = {
            "queued_replies": self.queue_limit,
            "session_replies": self.replies_per_session,
            "chat_replies": self.replies_per_chat,
            "messages_per_minute": self.messages_per_minute,
            "tokens_per_minute": self.tokens_per_minute,
            "program_messages_per_minute": self.program_messages_per_minute,
            "program_tokens_per_minute": self.program_tokens_per_minute,
            "context_tokens": self.lm_context,
            "sessions_per_minute": self.sessions_per_minute,
            "session_bytes": self.bytes_per_session,
        }
        given = {name: most for name, most in own.items() if most is not None}
        return replace(PRESETS[self.limits], **given)

    @property
    def body_limit(self) -> int:
        """Bytes of a request body: four times a message's, for JSON's escapes, and some room."""
        return 4 * self.message_limit + 65_536


def read_settings() -> Settings:
    """From the environment. Raises SystemExit with a line that names what to correct."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise SystemExit(f"db-api: correct this setting: {'; '.join(wrong)}") from None
