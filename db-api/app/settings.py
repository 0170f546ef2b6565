"""Every setting of db-api, read from the environment when the app is created, never at import."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL

from app.limits import MESSAGE_BYTES, MOST_REPLY_TOKENS


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
    db_pool: int = Field(default=10, ge=1, le=200)
    db_api_token_file: Path = Path("/run/secrets/db-api/token")
    doc_worker_token_file: Path = Path("/run/secrets/doc-worker/token")
    message_limit: int = Field(default=MESSAGE_BYTES, ge=1)
    document_limit: int = Field(default=25_000_000, ge=1)
    document_pages: int = Field(default=1000, ge=1)
    documents_quota: int = Field(default=200_000_000, ge=1)
    whisper_model: str = ""
    documents_total: int = Field(default=2_000_000_000, ge=1)
    session_days: int = Field(default=90, ge=1, le=3650)
    queue_limit: int = Field(default=100, ge=1)
    lm_slots: int = Field(default=8, ge=1, le=1000)
    lm_context: int = Field(default=4096, ge=256)
    lm_max_tokens: int = Field(default=MOST_REPLY_TOKENS, ge=1)

    @property
    def database_url(self) -> URL:
        """Where the database is, with the password from its file."""
        return URL.create(
            "postgresql+psycopg2",
            username=self.db_user,
            password=read_secret(self.db_password_file, "DB_PASSWORD_FILE"),
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
