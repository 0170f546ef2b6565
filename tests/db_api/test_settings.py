"""What cannot be right stops the start, with a line that names it."""

from pathlib import Path

import pytest
from app.settings import SecretMissing, Settings, read_settings


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("DB_POOL", ("0", "201")),
        ("MESSAGE_LIMIT", ("0",)),
        ("DOCUMENT_LIMIT", ("0",)),
        ("DOCUMENT_PAGES", ("0",)),
        ("DOCUMENTS_QUOTA", ("0",)),
        ("DOCUMENTS_TOTAL", ("0",)),
        ("SESSION_DAYS", ("0", "3651")),
        ("QUEUE_LIMIT", ("0",)),
        ("LIMITS", ("none",)),
        ("REPLIES_PER_SESSION", ("0",)),
        ("REPLIES_PER_CHAT", ("0",)),
        ("MESSAGES_PER_MINUTE", ("0", "2147483648")),
        ("TOKENS_PER_MINUTE", ("0", "2147483648")),
        ("PROGRAM_MESSAGES_PER_MINUTE", ("0", "2147483648")),
        ("PROGRAM_TOKENS_PER_MINUTE", ("0", "2147483648")),
        ("SESSIONS_PER_MINUTE", ("0", "2147483648")),
        ("BYTES_PER_SESSION", ("0",)),
        ("PROMPT_SALT", ("yes",)),
        ("LM_SLOTS", ("0", "1001")),
        ("LM_CONTEXT", ("255",)),
        ("LM_MAX_TOKENS", ("0",)),
    ],
)
def test_a_setting_beyond_its_limits_is_named(
    monkeypatch: pytest.MonkeyPatch, setting: str, wrong: tuple[str, ...]
) -> None:
    for value in wrong:
        monkeypatch.setenv(setting, value)
        with pytest.raises(SystemExit, match=f"correct this setting: {setting}: "):
            read_settings()


@pytest.mark.parametrize(
    ("limits", "set_to", "salted"),
    [
        *(("home", "", False), ("off", "", False), ("class", "", True), ("public", "", True)),
        *(("home", "on", True), ("public", "off", False)),
    ],
)
def test_prompts_are_salted_where_strangers_share_a_server_or_as_it_is_set(
    monkeypatch: pytest.MonkeyPatch, limits: str, set_to: str, salted: bool
) -> None:
    monkeypatch.setenv("LIMITS", limits)
    monkeypatch.setenv("PROMPT_SALT", set_to)
    assert read_settings().salts_prompts is salted


def test_a_secret_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    file = tmp_path / "token"
    settings = Settings(db_api_token_file=file)
    with pytest.raises(SecretMissing, match=f"DB_API_TOKEN_FILE names {file}"):
        settings.service_token  # noqa: B018
    file.write_text(" \n")
    with pytest.raises(SecretMissing, match="is empty"):
        settings.service_token  # noqa: B018
