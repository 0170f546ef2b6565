"""What reading documents takes of memory: doc-worker with Tesseract, embed, and the head."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Row
from bench.stage import megabytes
from tests.support.local_stack import LocalStack
from tests.support.waiting import answers

from evaluation import shapes
from evaluation.answering import send
from evaluation.embed import Embed
from evaluation.question_set import Question, load_documents
from evaluation.reader import Reader
from evaluation.uploads import make_upload

GOAL = 700
LOOK_S = 0.25  # between two looks
SERVICES = ("doc-worker", "embed", "answer")

Megabytes = dict[str, float]  # of each service, with all that it has started


def measure(questions: Sequence[Question], names: Iterable[str], **settings: str) -> Row:
    """While these documents are read and get vectors, and each of the questions is answered by
    exact words. Models that are not set have random weights."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        if not settings["EMBED_MODEL"]:
            settings["EMBED_MODEL"] = shapes.write_embedder(folder / "embedder.gguf")
        if not settings["ANSWER_MODEL"]:
            settings["ANSWER_MODEL"] = shapes.write_head(folder / "head")
        with LocalStack(None, None, **settings) as parley:
            parley.wait_until_model_is_ready()
            parley.wait(lambda: answers(f"http://127.0.0.1:{parley.ports['answer']}/health"), 300)
            parley.wait((embed := Embed.of(parley)).is_up, 300)
            reader = Reader(parley)
            with watch(parley) as seen:
                reader.upload(make_upload(load_documents()[name]) for name in names)
                reader.wait_until_read()
                reader.wait_for_vectors(embed.name)
                chat = reader.open_chat_with_documents()
                for question in questions:
                    send(reader, chat, question, "exact")
    return judge(seen)


@contextmanager
def watch(parley: LocalStack) -> Iterator[Sequence[Megabytes]]:
    """What each service takes, measured again and again."""
    seen: list[Megabytes] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_S):
            try:
                seen.append({name: megabytes(parley.pid_of(name) or 0) for name in SERVICES})
            except (OSError, StopIteration):  # a child has just ended
                continue

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def judge(seen: Sequence[Megabytes]) -> Row:
    """By the moment when it was most."""
    most = max(seen, key=lambda each: sum(each.values()))
    together = sum(most.values())
    return Row(
        "memory of doc-worker, embed and answer while documents are read and get vectors, and"
        " questions are answered by exact words, at most",
        f"≤ {GOAL} MB together",
        f"{together:.0f} MB ({', '.join(f'{name} {size:.0f}' for name, size in most.items())})",
        together <= GOAL,
    )
