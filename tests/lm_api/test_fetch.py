"""Fetching a model: what arrives is whole and right, or nothing gets the model's name."""

import importlib
import os
import signal
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from tests.lm_api.fetcher import PART, REVISION, SHA256, UNUSED, Fetcher
from tests.lm_api.source import CONTENT, Source
from tests.support.waiting import wait_until

download: Any = importlib.import_module("download")


def test_a_model_arrives_whole_from_where_hf_endpoint_says(
    fetcher: Fetcher, source: Source
) -> None:
    fetcher.fetch(HF_ENDPOINT=source.url + "/mirror/")
    assert source.asked == [(f"/mirror/someone/tiny/resolve/{REVISION}/tiny.gguf", None)]


@pytest.mark.parametrize("tells_length", [True, False])
def test_an_own_address_with_its_hash_works(
    fetcher: Fetcher, source: Source, tells_length: bool
) -> None:
    source.tells_length = tells_length
    own = {"LM_MODEL_URL": f"{source.url}/a/own.gguf?x=1", "LM_MODEL_SHA256": SHA256.upper()}
    fetcher.fetch(**own)
    assert (fetcher.models / "own.gguf").exists()


@pytest.mark.parametrize(("touched", "asked"), [(False, 1), (True, 2)])
def test_only_a_file_that_changed_since_it_was_verified_is_looked_at_again(
    fetcher: Fetcher, source: Source, touched: bool, asked: int
) -> None:
    fetcher.fetch()
    status = fetcher.file.stat()
    # Same size, other bytes: with the same time only hashing could tell, and none is done.
    fetcher.file.write_bytes(bytes(len(CONTENT)))
    if touched:
        assert "fetching it again" in fetcher.fetch()
    else:
        os.utime(fetcher.file, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert "is there" in fetcher.run(0)[0]
    assert len(source.asked) == asked


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        ("tiny.gguf", []),  # put there by hand
        (f"tiny.gguf{PART}", []),
        (f"own.gguf{PART}", [f"bytes={len(CONTENT)}-"]),  # its length is not known
    ],
)
def test_what_is_there_already_is_verified_and_not_fetched(
    fetcher: Fetcher, source: Source, there: str, asked: list[str]
) -> None:
    fetcher.models.mkdir()
    (fetcher.models / there).write_bytes(CONTENT)
    own = {"LM_MODEL_URL": f"{source.url}/own.gguf", "LM_MODEL_SHA256": SHA256}
    fetcher.fetch(**(own if there.startswith("own") else {}))
    assert source.ranges() == asked


@pytest.mark.parametrize(
    ("knows_ranges", "break_off_after", "said", "ranges"),
    [
        (True, [70_000, 40_000], "broke off; trying again", ["bytes=70000-", "bytes=110000-"]),
        (False, [70_000], "starting over", ["bytes=70000-"]),
    ],
)
def test_a_broken_download_continues_where_the_source_can(
    fetcher: Fetcher,
    source: Source,
    knows_ranges: bool,
    break_off_after: list[int],
    said: str,
    ranges: list[str],
) -> None:
    source.knows_ranges, source.break_off_after = knows_ranges, break_off_after
    assert said in fetcher.fetch()
    assert source.ranges() == [None, *ranges]


def test_what_comes_from_another_place_than_asked_for_is_asked_for_again(
    fetcher: Fetcher, source: Source
) -> None:
    source.break_off_after, source.misplaced = [70_000], [5]
    assert "asked for byte 70000 on, got byte 5 on; trying again" in fetcher.fetch()
    assert source.ranges() == [None, *["bytes=70000-"] * 2]


def test_an_answer_that_says_of_no_part_where_it_belongs_is_the_whole() -> None:
    answer = Mock(status=206, headers={"Content-Length": "9"})
    assert download.read_extent(answer, 5) == (0, 9)


def test_a_part_that_is_longer_than_the_file_is_fetched_anew(
    fetcher: Fetcher, source: Source
) -> None:
    fetcher.models.mkdir()
    (fetcher.models / f"own.gguf{PART}").write_bytes(CONTENT + b"!")
    fetcher.fetch(LM_MODEL_URL=f"{source.url}/own.gguf", LM_MODEL_SHA256=SHA256)
    assert source.ranges() == [f"bytes={len(CONTENT) + 1}-", None]


def test_a_stopped_fetch_leaves_a_part_and_the_next_continues(
    fetcher: Fetcher, source: Source
) -> None:
    part = fetcher.models / f"tiny.gguf{PART}"
    source.pause = 0.05
    process = fetcher.begin()
    wait_until(lambda: part.exists() and part.stat().st_size)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert (process.returncode, fetcher.file.exists()) == (143, False)
    have = part.stat().st_size
    source.pause = 0
    fetcher.fetch()
    assert source.ranges() == [None, f"bytes={have}-"]


@pytest.mark.parametrize(
    ("behaviour", "asked", "said"),
    [
        ({"status": 404}, 1, "404"),
        ({"status": 416}, 1, "answers 416"),
        ({"status": 503}, 3, "can't be fetched: the source answers 503"),
        ({"knows_ranges": False, "break_off_after": [50_000] * 20}, 3, "broke off"),
    ],
)
def test_a_source_is_asked_again_only_where_that_may_help(
    fetcher: Fetcher, source: Source, behaviour: dict[str, Any], asked: int, said: str
) -> None:
    vars(source).update(behaviour)
    fetcher.fail(3, said)
    assert len(source.asked) == asked


def test_a_source_that_is_away_costs_nothing_of_what_has_come(
    fetcher: Fetcher, source: Source
) -> None:
    fetcher.models.mkdir()
    part = fetcher.models / f"tiny.gguf{PART}"
    part.write_bytes(CONTENT[:70_000])
    source.status = 503
    fetcher.fail(3, "answers 503")
    assert part.read_bytes() == CONTENT[:70_000]


def test_of_what_has_no_end_no_more_is_taken_than_the_model_has(
    fetcher: Fetcher, source: Source
) -> None:
    source.content, source.tells_length = CONTENT * 20, False
    assert "(6.0 MB)" not in fetcher.fail(4, "is not the model")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (CONTENT[:-1] + b"!", f"SHA-256 differs ({SHA256}"),
        (b"<h1>Please log in to this network</h1>", "offers 38 bytes, the model has 300,000"),
    ],
)
def test_wrong_content_is_removed_and_never_gets_the_name(
    fetcher: Fetcher, source: Source, content: bytes, said: str
) -> None:
    source.content = content
    fetcher.fail(4, said)
    assert list(fetcher.models.glob("tiny*")) == []


def test_an_unreachable_source_says_what_to_do(fetcher: Fetcher) -> None:
    advice = (f"yourself, as {fetcher.file}", "HF_ENDPOINT", "LM_MODEL=smollm2-135m-instruct")
    fetcher.fail(3, "can't be fetched: Connection refused", *advice, HF_ENDPOINT=UNUSED)
    for optional in ("LM_EMBEDDING", "LM_VISION"):
        assert "LM_MODEL=" not in fetcher.fail(3, **{"HF_ENDPOINT": UNUSED, optional: "on"})
    fetcher.list_files(("tiny/model.onnx", f"huggingface:someone/tiny@{REVISION}", SHA256))
    assert "LM_MODEL=" not in fetcher.fail(3, HF_ENDPOINT=UNUSED)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"HF_ENDPOINT": "mirror.example"}, "HF_ENDPOINT must begin with https://"),
        ({"LM_MODEL_URL": f"{UNUSED}/own.gguf"}, "LM_MODEL_SHA256"),
        ({"LM_MODEL_URL": f"{UNUSED}/own.bin"}, "http(s) address of a .gguf file"),
        ({"LM_MODEL_URL": "ftp://127.0.0.1/own.gguf"}, "http(s) address of a .gguf file"),
        ({"LM_MODEL": "gpt-5"}, "Choose one of: tiny"),
        ({"LM_MODEL": "other.gguf"}, "other.gguf, which is not there"),
        ({"LM_MODEL": "/nowhere/folder"}, "/nowhere/folder, which is not there"),
        ({"LM_MODELS_DIR": "/dev/null/models"}, "can't make the models' folder"),
    ],
)
def test_a_wrong_setting_is_explained(
    fetcher: Fetcher, source: Source, settings: dict[str, str], said: str
) -> None:
    fetcher.fail(2, said, **settings)
    assert source.asked == []


@pytest.mark.parametrize("name", ["mine.gguf", "mine"])
def test_a_file_or_folder_of_ones_own_needs_no_fetching(
    fetcher: Fetcher, source: Source, tmp_path: Path, name: str
) -> None:
    mine = tmp_path / name
    mine.write_bytes(b"GGUF") if mine.suffix else mine.mkdir()
    fetcher.run(0, LM_MODEL=str(mine))
    assert source.asked == []


def test_a_model_of_several_files_is_a_folder(fetcher: Fetcher, source: Source) -> None:
    at = f"huggingface:someone/tiny@{REVISION}!"
    fetcher.list_files(
        ("tiny/model.onnx", f"{at}onnx/small.onnx", SHA256),
        ("tiny/tokenizer.json", f"{at}tokenizer.json", "-"),
    )
    fetcher.run(0)
    folder = fetcher.models / "tiny"
    assert [(folder / f).read_bytes() for f in ("model.onnx", "tokenizer.json")] == [CONTENT] * 2
    assert (folder / "tokenizer.json.sha256").read_text().strip() == SHA256
    repository = f"/someone/tiny/resolve/{REVISION}"
    paths = [f"{repository}/onnx/small.onnx", f"{repository}/tokenizer.json"]
    assert [path for path, _ in source.asked] == paths
    assert fetcher.run(0)[0].count("is there") == 2
    assert len(source.asked) == 2
    fetcher.fail(2, "Choose one of: tiny;", LM_MODEL="other")


def test_two_at_once_fetch_it_once(fetcher: Fetcher, source: Source) -> None:
    source.pause = 0.03
    both = [fetcher.begin(), fetcher.begin()]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert len(source.asked) == sum("waiting for it" in output for output in outputs) == 1
    assert fetcher.file.read_bytes() == CONTENT
