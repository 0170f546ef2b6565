"""Fetching a model: what arrives is whole and right, or nothing gets the model's name."""

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

from tests.lm_api.fetcher import CONTENT, REVISION, SHA256, UNUSED, Fetcher
from tests.lm_api.source import Source


def wait_for(path: Path, size: int) -> None:
    deadline = time.monotonic() + 20
    while not path.exists() or path.stat().st_size < size:
        assert time.monotonic() < deadline, f"{path} never reached {size} bytes"
        time.sleep(0.02)


def test_a_model_arrives_whole_under_its_name(fetcher: Fetcher) -> None:
    done = fetcher.run()
    assert done.returncode == 0, done.stderr
    assert fetcher.file.read_bytes() == CONTENT
    assert not fetcher.part.exists()


def test_hf_endpoint_names_where_models_come_from(fetcher: Fetcher, source: Source) -> None:
    fetcher.run(HF_ENDPOINT=source.url + "/mirror/")
    assert source.asked == [(f"/mirror/someone/tiny/resolve/{REVISION}/tiny.gguf", None)]


def test_a_mistyped_hf_endpoint_is_explained(fetcher: Fetcher) -> None:
    done = fetcher.run(HF_ENDPOINT="mirror.example")
    assert done.returncode == 2
    assert "HF_ENDPOINT must begin with https://" in done.stderr


def test_a_model_that_is_there_is_neither_fetched_nor_hashed_again(
    fetcher: Fetcher, source: Source
) -> None:
    fetcher.run()
    status = fetcher.file.stat()
    # Same size, same time, other bytes: only hashing could tell, so this shows that none is done.
    fetcher.file.write_bytes(bytes(len(CONTENT)))
    os.utime(fetcher.file, ns=(status.st_atime_ns, status.st_mtime_ns))
    again = fetcher.run()
    assert again.returncode == 0
    assert "is there" in again.stdout
    assert len(source.asked) == 1


def test_a_file_changed_after_it_was_verified_is_fetched_anew(
    fetcher: Fetcher, source: Source
) -> None:
    fetcher.run()
    fetcher.file.write_bytes(bytes(len(CONTENT)))
    again = fetcher.run()
    assert again.returncode == 0
    assert "fetching it anew" in again.stdout
    assert fetcher.file.read_bytes() == CONTENT
    assert len(source.asked) == 2


def test_a_file_put_there_by_hand_is_verified_and_kept(fetcher: Fetcher, source: Source) -> None:
    fetcher.models.mkdir()
    fetcher.file.write_bytes(CONTENT)
    done = fetcher.run(HF_ENDPOINT=UNUSED)
    assert done.returncode == 0
    assert source.asked == []


def test_a_broken_download_goes_on_where_it_broke_off(fetcher: Fetcher, source: Source) -> None:
    source.break_off_after = [70_000, 40_000]
    done = fetcher.run()
    assert done.returncode == 0, done.stderr
    assert source.ranges() == [None, "bytes=70000-", "bytes=110000-"]
    assert fetcher.file.read_bytes() == CONTENT
    assert "broke off; trying again" in done.stdout


def test_a_stopped_fetch_leaves_a_part_and_the_next_goes_on(
    fetcher: Fetcher, source: Source
) -> None:
    source.pause = 0.05
    process = fetcher.begin()
    wait_for(fetcher.part, 1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 143
    assert not fetcher.file.exists()
    have = fetcher.part.stat().st_size
    source.pause = 0
    assert fetcher.run().returncode == 0
    assert source.ranges() == [None, f"bytes={have}-"]
    assert fetcher.file.read_bytes() == CONTENT


def test_a_source_that_ignores_ranges_still_gives_the_right_file(
    fetcher: Fetcher, source: Source
) -> None:
    source.knows_ranges = False
    source.break_off_after = [70_000]
    done = fetcher.run()
    assert done.returncode == 0, done.stderr
    assert "starting over" in done.stdout
    assert fetcher.file.read_bytes() == CONTENT


def test_a_source_that_always_breaks_off_at_the_same_place_is_given_up(
    fetcher: Fetcher, source: Source
) -> None:
    source.knows_ranges = False
    source.break_off_after = [50_000] * 20
    fetcher.hurry()
    done = fetcher.run()
    assert done.returncode == 3
    assert len(source.asked) == 3


def test_a_complete_part_is_taken_without_asking_again(fetcher: Fetcher, source: Source) -> None:
    fetcher.models.mkdir()
    fetcher.part.write_bytes(CONTENT)
    assert fetcher.run().returncode == 0
    assert source.asked == []
    assert fetcher.file.read_bytes() == CONTENT


def test_wrong_content_is_removed_and_never_gets_the_name(fetcher: Fetcher, source: Source) -> None:
    source.content = CONTENT[:-1] + b"!"
    done = fetcher.run()
    assert done.returncode == 4
    assert "SHA-256 differs" in done.stderr
    assert SHA256 in done.stderr
    assert list(fetcher.models.glob("tiny*")) == []


def test_a_page_in_place_of_the_model_is_told_by_its_size(fetcher: Fetcher, source: Source) -> None:
    source.content = b"<h1>Please log in to this network</h1>"
    done = fetcher.run()
    assert done.returncode == 4
    assert "offers 38 bytes, the model has 300,000" in done.stderr
    assert not fetcher.file.exists()


def test_an_unreachable_source_says_what_to_do(fetcher: Fetcher) -> None:
    fetcher.hurry()
    done = fetcher.run(HF_ENDPOINT=UNUSED)
    assert done.returncode == 3
    assert "Connection refused" in done.stderr
    assert f"put the file there yourself, as {fetcher.file}" in done.stderr
    assert "set HF_ENDPOINT" in done.stderr
    assert "set LM_MODEL=smollm2-135m-instruct" in done.stderr


def test_a_source_that_refuses_is_not_asked_again(fetcher: Fetcher, source: Source) -> None:
    source.status = 404
    done = fetcher.run()
    assert done.returncode == 3
    assert "404" in done.stderr
    assert len(source.asked) == 1


def test_a_busy_source_is_asked_again(fetcher: Fetcher, source: Source) -> None:
    source.status = 503
    fetcher.hurry()
    done = fetcher.run()
    assert done.returncode == 3
    assert len(source.asked) == 3


def test_two_at_once_fetch_it_once(fetcher: Fetcher, source: Source) -> None:
    source.pause = 0.03
    first, second = fetcher.begin(), fetcher.begin()
    outputs = [process.communicate(timeout=30)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert len(source.asked) == 1
    assert sum("waiting for it" in output for output in outputs) == 1
    assert fetcher.file.read_bytes() == CONTENT


def test_an_own_address_with_its_hash_works(fetcher: Fetcher, source: Source) -> None:
    own = {"LM_MODEL_URL": f"{source.url}/a/own.gguf?x=1", "LM_MODEL_SHA256": SHA256.upper()}
    done = fetcher.run(**own)
    assert done.returncode == 0, done.stderr
    assert (fetcher.models / "own.gguf").read_bytes() == CONTENT


def test_an_own_address_without_a_hash_is_refused(fetcher: Fetcher, source: Source) -> None:
    done = fetcher.run(LM_MODEL_URL=f"{source.url}/own.gguf")
    assert done.returncode == 2
    assert "LM_MODEL_SHA256" in done.stderr
    assert source.asked == []


def test_an_own_address_whose_part_is_complete_is_not_fetched_again(
    fetcher: Fetcher, source: Source
) -> None:
    fetcher.models.mkdir()
    (fetcher.models / f"own.gguf.{SHA256[:8]}.part").write_bytes(CONTENT)
    done = fetcher.run(LM_MODEL_URL=f"{source.url}/own.gguf", LM_MODEL_SHA256=SHA256)
    assert done.returncode == 0, done.stderr
    assert (fetcher.models / "own.gguf").read_bytes() == CONTENT


def test_a_local_file_needs_no_fetching(fetcher: Fetcher, tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").write_bytes(b"GGUF")
    assert fetcher.run(LM_MODEL=str(tmp_path / "mine.gguf")).returncode == 0
    missing = fetcher.run(LM_MODEL="other.gguf")
    assert missing.returncode == 2
    assert f"{fetcher.models / 'other.gguf'}, which is not there" in missing.stderr


def test_an_unknown_name_lists_the_known_ones(fetcher: Fetcher) -> None:
    done = fetcher.run(LM_MODEL="gpt-5")
    assert done.returncode == 2
    assert "Choose one of: tiny" in done.stderr


def test_a_log_gets_whole_lines_with_size_percent_speed_and_time_left(
    fetcher: Fetcher, source: Source
) -> None:
    source.pause = 0.2  # 6 s in all, and a log is told every 5 s
    done = fetcher.run()
    assert "\r" not in done.stdout
    line = next(line for line in done.stdout.splitlines() if "left" in line)
    assert "of 0.3 MB (" in line
    assert " MB/s, " in line


def test_a_terminal_sees_one_line_that_is_rewritten(fetcher: Fetcher, source: Source) -> None:
    source.pause = 0.03
    master, terminal = pty.openpty()
    with subprocess.Popen(fetcher.command, env=fetcher.environment, stdout=terminal) as process:
        os.close(terminal)
        shown = b""
        try:
            while block := os.read(master, 4096):
                shown += block
        except OSError:
            pass  # how Linux tells the end of a terminal
    os.close(master)
    assert process.returncode == 0
    assert shown.count(b"\r\x1b[K") > 2
