"""A model whose hash nobody told is trusted once, and its hash required from then on."""

import pytest

from tests.lm_api.fetcher import SHA256, Fetcher
from tests.lm_api.source import CONTENT, Source


@pytest.mark.parametrize("size", [len(CONTENT), "-"])
def test_a_hash_that_nobody_told_is_noted_and_required_from_then_on(
    fetcher: Fetcher, source: Source, size: int | str
) -> None:
    fetcher.list_model("huggingface:someone/tiny@main", size, sha256="-")
    assert SHA256 in fetcher.fetch(), "it is said"
    assert source.asked == [("/someone/tiny/resolve/main/tiny.gguf", None)]
    assert "is there" in fetcher.fetch()
    assert len(source.asked) == 1
    fetcher.file.unlink()
    source.content = bytes(len(CONTENT))
    fetcher.fail(4, SHA256, "tampered")
    source.content = CONTENT
    fetcher.fetch()


def test_a_file_put_there_by_hand_is_trusted_once_too(fetcher: Fetcher, source: Source) -> None:
    fetcher.list_model("huggingface:someone/tiny@main", sha256="-")
    fetcher.models.mkdir()
    fetcher.file.write_bytes(CONTENT)
    assert SHA256 in fetcher.fetch()
    assert source.asked == []
    fetcher.file.write_bytes(CONTENT[::-1])
    assert "fetching it again" in fetcher.fetch()


def test_what_has_another_size_than_told_is_not_trusted(fetcher: Fetcher) -> None:
    fetcher.list_model("huggingface:someone/tiny@main", len(CONTENT) + 1, sha256="-")
    fetcher.fail(4, "offers")
    assert not list(fetcher.models.glob("*.sha256"))
    fetcher.list_model("huggingface:someone/tiny@main", len(CONTENT), sha256="-")
    fetcher.file.write_bytes(CONTENT[1:])
    assert "fetching it again" in fetcher.fetch(), "nor is one that was put there by hand"
