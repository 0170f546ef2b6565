"""Runs `lm-api/start` with stand-ins for the two servers, which tell what they were given."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.stack import ROOT

FAKE_SERVER = """#!/bin/sh
if [ "$1" = --help ]; then echo "{help}"; exit; fi
printf '%s\\n' "$0" "$@" > "{told}"
echo "$OMP_WAIT_POLICY $GOMP_SPINCOUNT" > "{told}.policy"
"""


@dataclass
class Starter:
    """A folder with a key, a model of the default's name, and a PATH with fake programs."""

    folder: Path

    @property
    def model(self) -> Path:
        return self.folder / "qwen2.5-0.5b-instruct-q8_0.gguf"

    @property
    def told(self) -> Path:
        return self.folder / "told"

    def put_program(self, name: str, help_text: str = "--sse-ping-interval N") -> None:
        self.put_script(name, FAKE_SERVER.format(help=help_text, told=self.told))

    def put_script(self, name: str, script: str) -> None:
        program = self.folder / "bin" / name
        program.write_text(script)
        program.chmod(0o755)

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """Runs `start` with only these settings, and those that say where key and models are."""
        environment = {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "LM_MODELS_DIR": os.fspath(self.folder),
            "LM_API_KEY_FILE": os.fspath(self.folder / "key"),
            "PYTHON": sys.executable,
        }
        command = [str(ROOT / "lm-api" / "start"), *arguments]
        return subprocess.run(
            command, env=environment | settings, capture_output=True, text=True, check=False
        )

    def refuse(self, *words: str, **settings: str) -> None:
        """Runs `start`, which must say these words and start no server."""
        done = self.run(**settings)
        assert done.returncode == 2
        assert [word for word in words if word not in done.stderr] == [], done.stderr
        assert not self.told.exists()

    def command(self, *arguments: str, **settings: str) -> list[str]:
        """The server that `start` becomes, and the list it is given."""
        done = self.run(*arguments, **settings)
        assert done.returncode == 0, done.stderr
        return self.told.read_text().splitlines()

    def arguments(self, *arguments: str, **settings: str) -> list[str]:
        """The list alone."""
        return self.command(*arguments, **settings)[1:]


@pytest.fixture
def starter(tmp_path: Path) -> Starter:
    """`start` with a `llama-server` on the PATH that only tells what it was given."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "key").write_text("secret\n")
    starter = Starter(tmp_path)
    starter.model.write_bytes(b"GGUF")
    starter.put_program("llama-server")
    return starter
