"""Settings: documented, read once, and never a secret in the environment."""

from pathlib import Path

import pytest
from app.main import create_app
from app.settings import Settings, read_secret

from local.stack import ROOT

README = (ROOT / "chat-ui" / "README.md").read_text()


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    rows = [line for line in README.splitlines() if f"`{name.upper()}`" in line]
    assert len(rows) == 1, "one row in the table of settings"
    assert f"`{Settings.model_fields[name].default}`" in rows[0]


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_NAME", "")
    monkeypatch.setenv("REPLY_TOKENS", "7")
    assert (Settings().assistant_name, Settings().reply_tokens) == ("Parley", 7)


def test_a_setting_that_will_not_do_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPERATURE", "9")
    with pytest.raises(SystemExit, match=r"TEMPERATURE: .*less than or equal to 2"):
        create_app()


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_missing_or_empty_secret_stops_the_start_with_advice(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SystemExit, match=str(file)):
        create_app(Settings(cookie_key_file=file))


def test_a_secret_is_read_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s3cret\n")
    assert read_secret(file) == "s3cret"
