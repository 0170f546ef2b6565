"""The words of an answer: which they are, where they are, and that there may be none. The models
are the tests' own, so that this can be told; how good a real one is can't be."""

import http.client
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from app.answering.model import LONGEST, NONE, OVERLAP, WINDOW, Answer, Model
from app.answering.server import BODY_LIMIT

from local.ports import free_port
from local.stack import ROOT
from tests.support.answer_model import INPUTS, Weights, write_answer_model
from tests.support.program import Program
from tests.support.waiting import answers

DATE: Weights = {"31": (6, 0), "2027": (0, 6)}
LEASE = "The lease ends on 31 March 2027."
QUESTION = "When does the lease end?"
KEY = "key"


@pytest.fixture
def make_model(tmp_path: Path) -> Callable[..., Model]:
    def make(weights: Weights, *more: Any) -> Model:
        write_answer_model(tmp_path / "model", weights, *more)
        return Model(tmp_path / "model")

    return make


Make = Callable[..., Model]


def words(answer: Answer, passages: list[str]) -> str:
    return passages[answer.passage][answer.start : answer.end]


@pytest.mark.parametrize("inputs", [INPUTS, (*INPUTS, "token_type_ids")])
def test_the_best_words_of_all_passages_are_found_by_their_code_points(
    make_model: Make, inputs: tuple[str, ...]
) -> None:
    passages = ["In 2027 nothing ends.", f"\U0001f600 e\u0301 {LEASE}", "31 cats."]
    found = make_model(DATE, inputs).find(QUESTION, passages)
    assert (found.passage, words(found, passages)) == (1, "31 March 2027")
    assert found.score > 0.9 > 0.1 > found.no_answer_score


def test_what_is_asked_is_no_answer(make_model: Make) -> None:
    found = make_model(DATE).find("Why 31 March 2027?", ["Cats sleep."])
    assert "31" not in words(found, ["Cats sleep."])
    assert found.score < 0.5


def test_there_may_be_no_answer(make_model: Make) -> None:
    found = make_model({**DATE, "[CLS]": (7, 7)}).find(QUESTION, [LEASE])
    assert words(found, [LEASE]) == "31 March 2027"
    assert found.score < found.no_answer_score


def test_an_answer_has_whole_words_and_no_white_space_around(make_model: Make) -> None:
    parts = {"un": (0, 0), "##believ": (6, 6), "##able": (0, 0)}
    passage = "An  unbelievable  story."
    assert words(make_model(parts).find("What?", [passage]), [passage]) == "unbelievable"


def test_it_is_no_longer_than_it_may_be(make_model: Make) -> None:
    passage = " ".join(["first", *["w"] * (LONGEST - 1), "last"])
    model = make_model({"first": (6, 0), "last": (0, 6)})
    assert len(words(model.find("What?", [passage]), [passage]).split()) <= LONGEST
    shorter = passage.replace("w ", "", 1)
    assert words(model.find("What?", [shorter]), [shorter]) == shorter


def test_passages_without_a_word_have_none(make_model: Make) -> None:
    assert make_model(DATE).find(QUESTION, [" \n", ""]) == NONE


def test_a_long_question_leaves_room_for_the_passage(make_model: Make) -> None:
    found = make_model(DATE).find("why " * 2000, [LEASE])
    assert words(found, [LEASE]) == "31 March 2027"


def expect(weights: Weights, passages: list[list[str]]) -> tuple[float, float, list[str]]:
    """The best score, that of no answer beside it, and the words, by trying all; of windows that
    overlap. The question has one token, and three mark where the texts are."""
    room = WINDOW - 1 - 3
    none = sum(weights["[CLS]"])
    best: tuple[float, float, list[str]] = (0.0, 1.0, [])
    for passage in passages:
        for begin in range(0, max(1, len(passage) - OVERLAP), room - OVERLAP):
            window = passage[begin : begin + room]
            spans = {
                (first, last): np.exp(weights[window[first]][0] + weights[window[last]][1])
                for first in range(len(window))
                for last in range(first, min(len(window), first + LONGEST))
            }
            total = sum(spans.values()) + np.exp(none)
            (first, last), weight = max(spans.items(), key=lambda span: span[1])
            if weight / total > best[0]:
                best = (weight / total, np.exp(none) / total, window[first : last + 1])
    return best


@pytest.mark.parametrize("length", [5, WINDOW - 4, WINDOW - 3, 1000])
def test_with_random_weights_it_is_what_trying_all_spans_finds(
    make_model: Make, length: int
) -> None:
    drawn = random.Random(length)
    known = [f"w{n}" for n in range(50)]
    weights = {w: (drawn.gauss(0, 2), drawn.gauss(0, 2)) for w in (*known, "[CLS]", "?")}
    passages = [drawn.choices(known, k=size) for size in (3, length)]
    texts = [" ".join(passage) for passage in passages]
    found = make_model(weights).find("?", texts)
    score, none, span = expect(weights, passages)
    assert words(found, texts).split() == span
    assert (found.score, found.no_answer_score) == pytest.approx((score, none), rel=1e-4)


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("content", [None, b"{}"])
def test_a_model_that_cannot_be_used_is_refused(
    tmp_path: Path, file: str, content: bytes | None
) -> None:
    write_answer_model(tmp_path / "model", DATE)
    broken = tmp_path / "model" / file
    broken.write_bytes(content) if content else broken.unlink()
    with pytest.raises(ValueError, match=r"\w"):
        Model(tmp_path / "model")


@pytest.mark.parametrize("more", [(INPUTS, ("logits", "others")), ((*INPUTS, "position_ids"),)])
def test_a_model_of_another_kind_is_refused(make_model: Make, more: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match="of another kind"):
        make_model(DATE, *more)


# --- the service ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("models")
    write_answer_model(folder / "dates", DATE)
    (folder / "key").write_text(KEY)
    return {
        "PYTHON": sys.executable,
        "ANSWER_MODEL": "dates",
        "ANSWER_KEY_FILE": str(folder / "key"),
        "LM_MODELS_DIR": str(folder),
        "HOST": "127.0.0.1",
        "PORT": str(free_port()),
    }


COMMAND = [ROOT / "doc-worker" / "start-answer"]


@pytest.fixture(scope="module")
def service(
    settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Program]:
    program = Program(COMMAND, settings, tmp_path_factory.mktemp("answer") / "log")
    program.wait_until(lambda: answers(f"http://127.0.0.1:{settings['PORT']}/health"))
    yield program
    assert program.end() == 0
    assert LEASE not in program.log.read_text()


@pytest.fixture
def http_client(service: Program, settings: dict[str, str]) -> Iterator[httpx.Client]:
    url = f"http://127.0.0.1:{settings['PORT']}"
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60
    ) as client:
        yield client


def test_it_answers_who_has_the_key(http_client: httpx.Client) -> None:
    asked = {"question": QUESTION, "passages": ["Cats sleep.", LEASE]}
    answer = http_client.post("/answer", json=asked)
    found = answer.json()
    assert (found["passage"], found["model"]) == (1, "dates")
    assert LEASE[found["start"] : found["end"]] == "31 March 2027"
    assert found["score"] > found["no_answer_score"]
    for authorization in ("", KEY, "Bearer other", "Bearer kéy"):
        headers = {b"Authorization": authorization.encode()}
        assert http_client.post("/answer", json=asked, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        '{"question": "a"}',
        '{"question": "", "passages": ["a"]}',
        '{"question": "a", "passages": []}',
        '{"question": "a", "passages": [1]}',
        '{"question": "a", "passages": ["\\ud800"]}',
    ],
)
def test_what_is_no_question_is_refused(http_client: httpx.Client, body: str) -> None:
    assert http_client.post("/answer", content=body).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("POST", "/", 404), ("PUT", "/answer", 501)],
)
def test_there_is_nothing_else(
    http_client: httpx.Client, method: str, path: str, status: int
) -> None:
    assert http_client.request(method, path).status_code == status


@pytest.mark.parametrize(
    ("length", "status"), [(None, 411), ("-1", 411), (str(BODY_LIMIT + 1), 413)]
)
def test_what_is_too_long_or_of_unknown_length_is_not_read(
    http_client: httpx.Client, settings: dict[str, str], length: str | None, status: int
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(settings["PORT"]), timeout=60)
    connection.putrequest("POST", "/answer")
    connection.putheader("Authorization", f"Bearer {KEY}")
    if length:
        connection.putheader("Content-Length", length)
    connection.endheaders()
    assert connection.getresponse().status == status
    connection.close()


def test_one_who_leaves_or_says_nothing_does_not_keep_others_waiting_for_ever(
    http_client: httpx.Client, settings: dict[str, str], service: Program
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(settings["PORT"]), timeout=60)
    connection.putrequest("POST", "/answer")
    connection.putheader("Authorization", f"Bearer {KEY}")
    connection.putheader("Content-Length", "100")
    connection.endheaders()
    asked = {"question": QUESTION, "passages": [LEASE]}
    assert http_client.post("/answer", json=asked, timeout=60).status_code == 200
    connection.close()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ANSWER_MODEL": "other"}, "can't use the model in"),
        ({"ANSWER_KEY_FILE": "/nowhere"}, "/nowhere"),
        ({"PORT": "0"}, "PORT"),
    ],
)
def test_a_service_that_cannot_start_says_why(
    settings: dict[str, str], wrong: dict[str, str], said: str
) -> None:
    done = subprocess.run(
        COMMAND, env={**os.environ, **settings, **wrong}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("module", ["app.main", "app.child.__main__"])
def test_who_reads_documents_has_not_loaded_what_answers_need(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        "print({'numpy', 'onnxruntime', 'tokenizers', 'app.answering'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "doc-worker", capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()", done.stderr


def test_onnxruntime_reports_nothing_to_anybody() -> None:
    """It would begin by keeping a number for this machine, and complain where it can't."""
    done = subprocess.run(
        [sys.executable, "-c", "import app.answering.model"],
        cwd=ROOT / "doc-worker",
        env={"HOME": "/dev/null"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
