"""What cannot be right stops the start, with a line that names it."""

from pathlib import Path

import pytest
from app.settings import SecretMissing, Settings, read_settings


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("DB_POOL", ("0", "201")),
        ("MESSAGE_LIMIT", ("0",)),
        ("SESSION_DAYS", ("0", "3651")),
        ("QUEUE_LIMIT", ("0",)),
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


def test_a_secret_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    file = tmp_path / "token"
    settings = Settings(db_api_token_file=file)
    with pytest.raises(SecretMissing, match=f"DB_API_TOKEN_FILE names {file}"):
        settings.service_token  # noqa: B018
    file.write_text(" \n")
    with pytest.raises(SecretMissing, match="is empty"):
        settings.service_token  # noqa: B018
