"""The fetcher as a program of its own, with a catalogue of tiny models that the test serves."""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lm_api.source import Source, SourceServer
from tests.support.lm_server import ROOT

CONTENT = random.Random(1).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
REVISION = "0123456789abcdef0123456789abcdef01234567"
UNUSED = "http://127.0.0.1:9"  # the discard port: nobody listens there


@dataclass
class Fetcher:
    """A copy of lm-api's Python files beside a catalogue with one model, `tiny`."""

    program: Path
    models: Path
    environment: dict[str, str]

    @property
    def file(self) -> Path:
        return self.models / "tiny.gguf"

    @property
    def part(self) -> Path:
        return self.models / f"tiny.gguf.{SHA256[:8]}.part"

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-W", "error", os.fspath(self.program)]

    def hurry(self) -> None:
        """Makes the waits between tries too short to matter."""
        code = self.program.with_name("download.py")
        text, changed = re.subn(r"(?m)^(WAITS\w* =) .*", r"\1 (0.01, 0.01)", code.read_text())
        assert changed == 2
        code.write_text(text)

    def list_model(self, source: str, name: str = "tiny", size: int = len(CONTENT)) -> None:
        """Writes the catalogue anew with this one model."""
        row = (name, f"{name}.gguf", str(size), SHA256, "MIT", "2048", source)
        self.program.with_name("models.tsv").write_text("\t".join(row) + "\n")

    def begin(self, **settings: str) -> subprocess.Popen[str]:
        """Starts it, not waiting for its end."""
        return subprocess.Popen(
            self.command,
            env=self.environment | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs it to its end."""
        process = self.begin(**settings)
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture
def source() -> Iterator[Source]:
    """A web server with the tiny model."""
    with SourceServer(Source(CONTENT)) as server:
        yield server.source


@pytest.fixture
def fetcher(tmp_path: Path, source: Source) -> Fetcher:
    """A fetcher whose Hugging Face is `source`."""
    program = tmp_path / "lm-api" / "fetch.py"
    shutil.copytree(ROOT / "lm-api", program.parent)
    models = tmp_path / "models"
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment = quiet | {
        "LM_MODEL": "tiny",
        "LM_MODEL_URL": "",
        "LM_MODELS_DIR": os.fspath(models),
        "HF_ENDPOINT": source.url,
        "NO_PROXY": "*",
    }
    fetcher = Fetcher(program, models, environment)
    fetcher.list_model(f"huggingface:someone/tiny@{REVISION}")
    return fetcher
