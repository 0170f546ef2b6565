"""chat-ui's settings, read from the environment once, when the application is created.

Secrets come from files, never from the environment. README.md documents each setting.
"""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every field can be set by the environment variable of the same name in capitals. An empty
    one is the default, but for the examples: there it means none."""

    model_config = SettingsConfigDict(frozen=True)

    db_api_url: str = "http://db-api"
    db_api_token_file: Path = Path("/run/secrets/db-api/token")
    lm_api_url: str = "http://lm-api"
    lm_api_key_file: Path = Path("/run/secrets/lm-api/key")
    embed_url: str = ""
    embed_key_file: Path = Path("/run/secrets/embed/key")
    whisper_model: str = ""
    answer_url: str = ""
    answer_key_file: Path = Path("/run/secrets/answer/key")
    vision_url: str = ""
    vision_key_file: Path = Path("/run/secrets/vision/key")
    cookie_key_file: Path = Path("/run/secrets/cookie/key")
    token_key_file: Path = Path("/run/secrets/tokens/key")

    tls: Literal["off", "files", "local", "acme"] = "off"
    tls_off_soon: Literal["off", "on"] = "off"

    runner: Literal["on", "off", "only"] = "on"
    runners_dir: Path = Path("/run/runners")
    lag_interval_seconds: float = Field(default=0, ge=0)
    public_url: str = ""
    tls_names: str = ""
    api_origins: str = ""
    timings: Literal["on", "off"] = "off"
    tools_dir: str = ""
    model_tools: Literal["off", "on"] = "off"
    session_days: int = Field(default=90, ge=1)

    reply_tokens: int = Field(default=512, ge=1)
    temperature: float = Field(default=0.7, ge=0, le=2)
    answer_cache_seconds: float = Field(default=0, ge=0, le=2**31 - 1)
    assistant_name: str = "Parley"
    system_prompt: str = "You are a helpful assistant."
    opening_message: str = "Hello! What would you like to talk about?"
    example_prompts: str = (
        "Explain how rainbows form | Write a short poem about the sea"
        " | Plan a quiet weekend for two | Help me write a thank-you note"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _read_empty(cls, value: object, field: ValidationInfo) -> object:
        name = field.field_name or ""
        is_default = value == "" and name != "example_prompts"
        return cls.model_fields[name].default if is_default else value

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str) -> str:
        address = urlsplit(value)
        if value and (address.scheme not in ("http", "https") or not address.hostname):
            raise ValueError("an address such as https://chat.example.org, or nothing")
        return value

    @field_validator("api_origins")
    @classmethod
    def _check_origins(cls, value: str) -> str:
        for origin in value.replace(",", " ").split():
            address = urlsplit(origin)
            if f"{address.scheme}://{address.netloc}" != origin or not address.hostname:
                raise ValueError("origins such as https://app.example.org, or nothing")
        return value

    @property
    def origins(self) -> list[str]:
        """Whose pages may read what the API answers."""
        return self.api_origins.replace(",", " ").split()

    @property
    def public_names(self) -> frozenset[str]:
        """The name in PUBLIC_URL, and those that the certificate is for, too."""
        names = self.tls_names.replace(",", " ").lower().split()
        return frozenset({urlsplit(self.public_url).hostname or "", *names} - {""})

    @property
    def examples(self) -> list[str]:
        """What the home page and empty chats offer to ask."""
        return [prompt.strip() for prompt in self.example_prompts.split("|") if prompt.strip()]


def read_settings() -> Settings:
    """From the environment. Raises SystemExit with a line that names what to correct."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise SystemExit(f"chat-ui: correct this setting: {'; '.join(wrong)}") from None


def read_secret(file: Path) -> str:
    """The secret in `file`, without surrounding white space.

    Raises SystemExit with advice when the file is missing or empty: a service without its secret
    must not start.
    """
    try:
        secret = file.read_text().strip()
    except OSError as error:
        raise SystemExit(f"chat-ui: can't read the secret {file}: {error.strerror}") from error
    if not secret:
        raise SystemExit(f"chat-ui: the secret {file} is empty; delete it, and a new one is made")
    return secret
