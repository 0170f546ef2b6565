"""The fetcher as a program of its own, with a catalogue of tiny models that the test serves."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.stack import ROOT
from tests.lm_api.source import CONTENT, Source

SHA256 = hashlib.sha256(CONTENT).hexdigest()
PART = f".{SHA256[:8]}.part"
REVISION = "0123456789abcdef0123456789abcdef01234567"
UNUSED = "http://127.0.0.1:9"  # the discard port: nobody listens there


@dataclass
class Fetcher:
    """A copy of lm-api's Python files beside a catalogue with one model, `tiny`. Its waits are too
    short to matter."""

    program: Path
    environment: dict[str, str]

    @property
    def models(self) -> Path:
        return Path(self.environment["LM_MODELS_DIR"])

    @property
    def file(self) -> Path:
        return self.models / "tiny.gguf"

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-W", "error", os.fspath(self.program)]

    def list_model(self, source: str, size: int | str = len(CONTENT), sha256: str = SHA256) -> None:
        """Rewrites the catalogue with this one model."""
        self._write_catalogue(("tiny", "tiny.gguf", str(size), sha256, "MIT", "2048", source))

    def list_files(self, *files: tuple[str, str, str]) -> None:
        """Rewrites the catalogue with these files (name, source, hash) of a model."""
        size = str(len(CONTENT))
        self._write_catalogue(*((n, n, size, sha256, "MIT", "512", s) for n, s, sha256 in files))

    def _write_catalogue(self, *rows: tuple[str, ...]) -> None:
        lines = ["# what is in a column\n", *("\t".join(row) + "\n" for row in rows)]
        self.program.with_name("models.tsv").write_text("".join(lines))

    def begin(self, **settings: str) -> subprocess.Popen[str]:
        """Starts it, not waiting for its end."""
        return subprocess.Popen(
            self.command,
            env=self.environment | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, code: int, **settings: str) -> tuple[str, str]:
        """Runs it to its end, which must be this exit code; what it said, and what it complained
        of."""
        process = self.begin(**settings)
        said, complained = process.communicate(timeout=60)
        assert "Traceback" not in complained, complained
        assert process.returncode == code, complained
        return said, complained

    def fetch(self, **settings: str) -> str:
        """Runs it, and the model is there; what it said."""
        said, _ = self.run(0, **settings)
        (file,) = self.models.glob("*.gguf")
        assert file.read_bytes() == CONTENT
        assert not list(self.models.glob("*.part"))
        return said

    def fail(self, code: int, *words: str, **settings: str) -> str:
        """Runs it, which must end with this exit code and complain in these words; all of them."""
        _, complained = self.run(code, **settings)
        assert [word for word in words if word not in complained] == [], complained
        assert not list(self.models.glob("*.gguf"))
        return complained


@pytest.fixture
def fetcher(tmp_path: Path, source: Source) -> Fetcher:
    """A fetcher whose Hugging Face is `source`."""
    program = tmp_path / "lm-api" / "fetch.py"
    shutil.copytree(ROOT / "lm-api", program.parent)
    for file, constant, value in (
        ("download.py", r"WAITS\w*", "(0.01, 0.01)"),
        ("progress.py", "EVERY_SECONDS", "{True: 0.01, False: 0.01}"),
    ):
        code = program.with_name(file)
        text, changed = re.subn(rf"(?m)^({constant} =) .*", rf"\1 {value}", code.read_text())
        assert changed
        code.write_text(text)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PIP_")},
        "LM_MODEL": "tiny",
        "LM_MODEL_URL": "",
        "LM_MODELS_DIR": os.fspath(tmp_path / "models"),
        "HF_ENDPOINT": source.url,
        "NO_PROXY": "*",
    }
    fetcher = Fetcher(program, environment)
    fetcher.list_model(f"huggingface:someone/tiny@{REVISION}")
    return fetcher
