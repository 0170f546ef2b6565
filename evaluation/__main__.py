"""`python -m evaluation`: see README.md. Exit code 1 if a measurement broke, or a goal was missed
that only a mistake can miss; 130 after Ctrl-C."""

import asyncio
import contextlib
import hashlib
import logging
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Row
from bench.rows import documents
from bench.stage import Stage
from faults.machine import describe_machine, fingerprint_code
from local.say import Problem
from local.stack import ROOT, read_settings
from tests.support.local_stack import SMALL_MODEL, LocalStack
from tests.support.marked import replace_marked
from tests.support.waiting import answers

from evaluation import answering, finding, memory, shapes, table
from evaluation.distractors import make_distractors
from evaluation.embed import Embed, Vector
from evaluation.minilm import NAME as MINILM
from evaluation.minilm import make_minilm
from evaluation.options import READ_MUCH, Options, read_options
from evaluation.question_set import ANSWERABLE, Question, load_documents, load_questions
from evaluation.reader import Reader
from evaluation.report import Report
from evaluation.uploads import make_upload

SCORECARD = ROOT / "docs" / "scorecard.md"
KEPT = ROOT / ".cache" / "evaluation"
SETTINGS = {"TEMPERATURE": "0", "REPLY_TOKENS": "48"}
ASKING = ("by words", "by vectors", "exact words", "replies", "summaries", "privacy")
# Goals that are missed only by mistakes, whatever the models and the machine are.
CERTAIN = {
    ("by words", "recall@5, literal"),
    ("exact words", answering.QUOTES),
    ("replies", answering.QUOTES),
    ("privacy", answering.PRIVACY),
}

NEVER_MEASURED = (
    "how well pictures are seen and recordings transcribed, because only stand-ins for these models"
    " could be had"
)


def name_parts(embedding: str, head: str) -> dict[str, Sequence[str]]:
    """The section's tables: which models were measured with, and which steps are told there."""
    made = f"models of random weights in the shapes of {shapes.EMBEDDER} and {shapes.HEAD}"
    return {
        f"Reading, with pypdfium2 and Tesseract, and replies of {SMALL_MODEL} meanwhile": ["speed"],
        f"Memory, with {made}, unless others are set": ["memory"],
        "By words alone, without a model": ["by words"],
        f"With vectors of {embedding}": ["by vectors"],
        f"Exact words: {head}, found with those vectors": ["exact words"],
        f"Replies of {SMALL_MODEL}, from what was found with those vectors": ASKING[3:],
    }


def describe_models(options: Options) -> tuple[str, str, list[str]]:
    """The one of the vectors, what chooses exact words, and what can't be measured with them."""
    embedding, head, lacking = options.embedding, options.head, []
    if not embedding:
        embedding = f"{Path(MINILM).stem}, which knows only English"
        lacking.append("recall across languages with a model that knows them")
    if not head:
        head = "the best sentence, no model chose it"
        lacking.append("span F1 of a question-answering model")
    return embedding, head, [*lacking, NEVER_MEASURED]


def measure(options: Options, report: Report) -> None:
    """Everything that is not known yet, on a Parley of its own."""
    when = "when continued" if report.rows else "before"
    report.note(f"Load of the machine {when}: {os.getloadavg()[0]:.1f}.")
    if options.written and report.lacks(["speed"]):
        with LocalStack(None, None, **SETTINGS, EMBED_MODEL="", ANSWER_MODEL="") as parley:
            parley.wait_until_model_is_ready()
            report.measure("speed", lambda: measure_speed(parley))
    if options.written:
        report.measure("memory", lambda: [measure_memory(options)])
    if report.lacks(ASKING):
        with start(options) as (parley, embed):
            reader = Reader(parley)
            upload_all(reader, embed, options, report)
            ask_all(parley, reader, embed, options, report)


@contextlib.contextmanager
def start(options: Options) -> Iterator[tuple[LocalStack, Embed]]:
    """A Parley with the models of this run, and its embed, to ask for the questions' vectors."""
    model = options.embedding or str(make_minilm())
    with LocalStack(None, None, **SETTINGS, EMBED_MODEL=model, ANSWER_MODEL=options.head) as parley:
        parley.wait_until_model_is_ready()
        if options.head:
            parley.wait(lambda: answers(f"http://127.0.0.1:{parley.ports['answer']}/health"), 300)
        embed = Embed.of(parley)
        parley.wait(embed.is_up, 300)  # its model may have to be fetched
        yield parley, embed


def measure_speed(parley: LocalStack) -> list[Row]:
    """Of reading, as `make bench` measures it."""
    return asyncio.run(documents.measure(Stage(parley, "", 0), READ_MUCH)).rows


def measure_memory(options: Options) -> Row:
    """Of all that has to do with documents, by a few questions that have answers."""
    asked = [q for q in choose_questions(options) if q.kind in ANSWERABLE][: options.size.replies]
    models = {"EMBED_MODEL": options.embedding, "ANSWER_MODEL": options.head}
    return memory.measure(asked, load_documents(), **SETTINGS, **models)


def upload_all(reader: Reader, embed: Embed, options: Options, report: Report) -> None:
    """The distractors and the set, in one chat; returns when they are read and have vectors."""
    reader.upload(make_distractors(options.size.paragraphs))
    reader.wait_until_read()
    distractors = reader.count_passages()
    names = options.size.documents or load_documents()
    reader.upload(make_upload(load_documents()[name]) for name in names)
    left = [each["name"] for each in reader.wait_until_read() if each["state"] != "complete"]
    assert not left, f"not read: {left}"
    report.note(f"{len(names)} documents among {distractors} passages of distractors.")
    report.say("waiting for vectors")
    reader.wait_for_vectors(embed.name)


def ask_all(
    parley: LocalStack, reader: Reader, embed: Embed, options: Options, report: Report
) -> None:
    """By searches, and then as a person asks, in a browser."""
    asked = choose_questions(options)
    report.note(f"{len(asked)} questions, of the half `{options.half}`.")
    vectors = embed.embed(question.ask for question in asked)
    tell = options.half == "tune"
    report.measure("by words", lambda: measure_finding(reader, asked, tell=tell))
    report.measure(
        "by vectors", lambda: measure_finding(reader, asked, vectors, embed.name, tell=tell)
    )
    exact = [q for q in asked if q.kind in (*ANSWERABLE, "unanswerable")]
    head = bool(options.head)
    report.measure("exact words", lambda: answering.measure_exact_words(reader, exact, head=head))
    if tell:
        return
    some = [q for q in asked if q.kind in ("literal", "scanned")][::2][: options.size.replies]
    whole = choose_questions(options, "")[: options.size.summaries]
    report.measure("replies", lambda: answering.measure_replies(parley, reader, some))
    report.measure("summaries", lambda: [answering.measure_summaries(reader, whole)])
    report.measure("privacy", lambda: [answering.measure_privacy(parley, reader, some)])


def measure_finding(
    reader: Reader,
    asked: Sequence[Question],
    vectors: Sequence[Vector] | None = None,
    model: str = "",
    *,
    tell: bool,
) -> list[Row]:
    """With vectors, if there are some; `tell` which questions went wrong."""
    outcomes = finding.ask_all(reader, asked, vectors, model)
    if tell:
        print("\n".join(finding.list_misses(outcomes)))
    return finding.judge(outcomes, has_vectors=vectors is not None)


def choose_questions(options: Options, half: str | None = None) -> list[Question]:
    """About the documents of this run; those of its half, unless another one is named."""
    names = options.size.documents or load_documents()
    wanted = options.half if half is None else half
    return [q for q in load_questions() if q.document.name in names and q.half == wanted]


def find_kept(options: Options) -> Path | None:
    """Where a whole run on this code, machine and models is kept until it is written down."""
    if not options.written:
        return None
    run = (describe_machine(), fingerprint_code(parts=table.PARTS), options.embedding, options.head)
    return KEPT / f"{hashlib.sha256(repr(run).encode()).hexdigest()[:12]}.json"


def main() -> int:
    """Measures and reports; returns the exit code."""
    logging.basicConfig(format="%(message)s")
    options = read_options(sys.argv[1:], read_settings())
    if shutil.which("tesseract") is None:
        if options.quick and not os.environ.get("CI"):
            print("SKIPPED: Tesseract is not here; CI runs it.")
            return 0
        sys.exit("evaluation: Tesseract is needed: apt install tesseract-ocr tesseract-ocr-deu")
    report = Report(find_kept(options))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: everything is stopped
    try:
        measure(options, report)
    except KeyboardInterrupt:
        return 130
    except Problem as problem:
        sys.exit(f"evaluation: {problem}")
    missed = find_missed(report)
    report.say(f"{len(missed)} goals missed")
    if report.broken:
        report.say(f"broken: {', '.join(report.broken)}; the same command measures only these")
    elif options.written:
        write_down(options, report)
    mistakes = CERTAIN.intersection(missed)
    for step, figure in sorted(mistakes):
        report.say(f"a mistake: {step}: {figure}")
    return 1 if report.broken or mistakes else 0


def find_missed(report: Report) -> list[tuple[str, str]]:
    """The goals, with the steps that looked."""
    return [
        (step, row.figure)
        for step, rows in report.rows.items()
        for row in rows
        if row.holds is False
    ]


def write_down(options: Options, report: Report) -> None:
    """As section 5 of the scorecard."""
    embedding, head, lacking = describe_models(options)
    parts = {
        part: [row for step in steps for row in report.rows[step]]
        for part, steps in name_parts(embedding, head).items()
    }
    about = f"Measured {datetime.now(UTC).date().isoformat()} by `python -m evaluation`."
    section = table.render(parts, " ".join([about, *report.facts]), lacking)
    replace_marked(SCORECARD, "make eval", section)
    report.forget()


if __name__ == "__main__":
    sys.exit(main())
