"""What is told of a download while it lasts, in a log and on a terminal."""

import importlib
import os
import pty
import re
import subprocess
from typing import Any

import pytest

from tests.lm_api.fetcher import Fetcher
from tests.lm_api.source import Source

progress: Any = importlib.import_module("progress")


def test_a_log_gets_whole_lines_with_size_percent_speed_and_time_left(
    fetcher: Fetcher, source: Source
) -> None:
    source.pause = 0.02
    said = fetcher.fetch()
    assert "\r" not in said
    assert re.search(r"of 0\.3 MB \(\d+ %\), .* MB/s, .* left", said)


@pytest.mark.parametrize(
    ("seconds", "said"), [(45.4, "45 s"), (200, "3 min 20 s"), (7505, "2 h 05 min")]
)
def test_a_time_is_told_in_the_units_that_matter(seconds: float, said: str) -> None:
    assert progress.duration(seconds) == said


@pytest.mark.parametrize(
    ("total", "done", "said"),
    [
        (None, 2_000_000, "x: 2.0 MB, 1.0 MB/s"),
        (3_000_000, 2_000_000, "x: 2.0 MB of 3.0 MB (66 %), 1.0 MB/s, 1 s left"),
        (3_000_000, 3_000_000, "x: 3.0 MB of 3.0 MB (100 %), 1.5 MB/s"),
        (3_000_000, 0, "x: 0.0 MB of 3.0 MB (0 %), 0.0 MB/s"),
    ],
)
def test_of_a_download_is_told_what_is_known(total: int | None, done: int, said: str) -> None:
    assert progress.Progress("x", 0, total).describe(done, 2.0) == said


def test_a_terminal_sees_one_line_that_is_rewritten(fetcher: Fetcher, source: Source) -> None:
    source.pause = 0.02
    ours, its = pty.openpty()
    with subprocess.Popen(fetcher.command, env=fetcher.environment, stdout=its) as process:
        os.close(its)
        shown = b""
        try:
            while block := os.read(ours, 4096):
                shown += block
        except OSError:
            pass  # how Linux tells the end of a terminal
    os.close(ours)
    assert process.returncode == 0
    assert shown.count(b"\r\x1b[K") > 2
