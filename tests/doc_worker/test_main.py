"""The worker asks for what it can read at the moment, and stops at nothing that a document does."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from app import main
from app.client import Gone, Job
from app.main import Worker
from app.messages import Ocr
from app.settings import Settings, read_secret, read_settings

from local.stack import ROOT

JOB = Job(id="1", kind="text", blocks=1, done=[], shown=False, embedding=False)


class Queue:
    """db-api, with one document in the queue."""

    def __init__(self, job: Job | None = None, refusal: Exception | None = None) -> None:
        self.job, self.refusal = job, refusal
        self.asked: list[bool] = []
        self.finished: list[Any] = []

    def claim(self, *, ocr: bool, vector_model: str | None) -> Job | None:
        self.asked.append(ocr)
        return self.job

    def fetch(self, job: Job) -> bytes:
        assert self.refusal
        raise self.refusal

    def finish(self, job: Job, read_with: str, error: str | None = None) -> None:
        self.finished.append(error)


def make_worker(queue: Queue) -> Worker:
    return Worker(Settings(), queue)  # type: ignore[arg-type]  # what it needs of one


def test_a_tesseract_may_come_and_go(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    found = iter([None, None, Ocr("tesseract", "eng"), None])
    monkeypatch.setattr(main, "find_tesseract", lambda languages: next(found))
    monkeypatch.setattr(main, "LOOK_S", -1.0)
    worker = make_worker(queue := Queue())
    for _ in range(4):
        assert not worker.read_next()
    assert queue.asked == [False, False, True, False]
    assert caplog.text.count("Tesseract is missing") == 2, "said when it changes"


def test_a_tesseract_is_not_looked_for_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    found = iter([Ocr("tesseract", "eng")])
    monkeypatch.setattr(main, "find_tesseract", lambda languages: next(found))
    worker = make_worker(queue := Queue())
    worker.read_next()
    worker.read_next()
    assert queue.asked == [True, True]


def test_a_document_that_is_gone_is_left_alone() -> None:
    worker = make_worker(queue := Queue(JOB, Gone()))
    assert worker.read_next()
    assert queue.finished == []


def test_what_db_api_refuses_is_given_up_and_the_worker_works_on() -> None:
    request = httpx.Request("PUT", "http://db-api/")
    refusal = httpx.HTTPStatusError("", request=request, response=httpx.Response(422))
    worker = make_worker(queue := Queue(JOB, refusal))
    assert worker.read_next()
    assert queue.finished == ["crashed"]


def test_every_setting_is_documented() -> None:
    readme = (ROOT / "doc-worker" / "README.md").read_text()
    assert [name for name in Settings.model_fields if f"| `{name.upper()}` |" not in readme] == []


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOC_NICE", "20")
    with pytest.raises(SystemExit, match="DOC_NICE"):
        read_settings()


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_secret_that_is_missing_or_empty_is_named(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SystemExit, match=str(file)):
        read_secret(file)
