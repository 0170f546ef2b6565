"""doc-worker's settings, and those of `answer`, read from the environment once. README.md documents
each."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every field can be set by the environment variable of the same name in capitals."""

    # Compose passes an unset setting on as an empty one.
    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True)

    db_api_url: str = "http://db-api"
    doc_worker_token_file: Path = Path("/run/secrets/doc-worker/token")
    embed_url: str = ""
    embed_key_file: Path = Path("/run/secrets/embed/key")
    doc_languages: str = "eng+deu"
    whisper_model: str = ""
    lm_models_dir: Path = Path("/models")
    doc_nice: int = Field(default=19, ge=0, le=19)
    alive_file: Path | None = None
    worker_file: Path | None = None
    document_pages: int = Field(default=1000, ge=1)

    answer_model: str = ""
    answer_key_file: Path = Path("/run/secrets/answer/key")
    host: str = "0.0.0.0"  # noqa: S104 - of a container that only others of Parley reach
    port: int = Field(default=80, ge=1, le=65535)

    @property
    def whisper_file(self) -> Path | None:
        """Where the model is that transcribes sound, once it has come; None if there is none. A
        name of lm-api's catalogue is that of its file, without the ending."""
        if not self.whisper_model:
            return None
        return self.lm_models_dir / f"{self.whisper_model.removesuffix('.bin')}.bin"


def read_settings() -> Settings:
    """From the environment. Raises SystemExit with a line that names what to correct."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise SystemExit(f"doc-worker: correct this setting: {'; '.join(wrong)}") from None


def read_secret(file: Path) -> str:
    """The secret in `file`. Raises SystemExit with advice when it is missing or empty."""
    try:
        secret = file.read_text().strip()
    except OSError as error:
        raise SystemExit(f"doc-worker: can't read the secret {file}: {error.strerror}") from error
    if not secret:
        raise SystemExit(f"doc-worker: the secret {file} is empty; delete it to have one made")
    return secret
