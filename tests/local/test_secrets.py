"""secrets/make: makes what is missing, and never touches what is there."""

import re
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.stack import ROOT

NAMES = ["answer/key", "cookie/key", "db-api/token"]
NAMES += ["db-logins/app", "db-logins/reader", "db-logins/runner", "db/password"]
NAMES += ["doc-worker/token", "embed/key", "lm-api/key", "tokens/key", "vision/key"]


def make(directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "secrets" / "make", directory], capture_output=True, text=True, check=False
    )


def read_all(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): path.read_text()
        for path in directory.rglob("*")
        if path.is_file()
    }


def test_makes_different_secrets_that_only_owner_and_group_may_read(tmp_path: Path) -> None:
    assert make(tmp_path).returncode == 0
    secrets = read_all(tmp_path)
    assert sorted(secrets) == NAMES
    assert len(set(secrets.values())) == len(NAMES)
    for name, secret in secrets.items():
        assert len(secret) == 64
        assert set(secret) <= set("0123456789abcdef")
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o440


def test_the_image_has_a_directory_for_each_that_it_may_write_to() -> None:
    """Else that of a fresh volume is root's."""
    made = re.findall(r"/run/secrets/([a-z-]+)", (ROOT / "secrets" / "Dockerfile").read_text())
    assert sorted(made) == sorted({str(Path(name).parent) for name in NAMES})


def test_a_secret_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    mine = tmp_path / "lm-api" / "key"
    mine.parent.mkdir()
    mine.write_text("my own key\n")
    make(tmp_path)
    before = read_all(tmp_path)
    assert make(tmp_path).returncode == 0
    assert read_all(tmp_path) == before
    assert mine.read_text() == "my own key\n"


def test_an_empty_secret_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "cookie").mkdir()
    (tmp_path / "cookie" / "key").touch()
    done = make(tmp_path)
    assert done.returncode == 1
    assert "cookie/key is empty" in done.stderr


def test_several_at_once_agree_on_one_set(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as threads:
        runs = list(threads.map(make, [tmp_path] * 6))
    assert [run.returncode for run in runs] == [0] * 6
    said = [line for run in runs for line in run.stdout.splitlines()]
    assert sorted(said) == [f"secrets: made {name}" for name in NAMES]
    assert sorted(read_all(tmp_path)) == NAMES  # and no unfinished file beside them
