"""`python -m evaluation`: see README.md. Exit code 1 if a measurement broke, 130 after Ctrl-C."""

import asyncio
import os
import shutil
import signal
import sys
import time
from datetime import UTC, datetime

from bench.figures import Row
from bench.rows import documents
from bench.stage import Stage
from local.say import Problem
from local.stack import ROOT
from tests.support.local_stack import SMALL_MODEL, LocalStack
from tests.support.marked import replace_marked
from tests.support.serve import serve

from evaluation import answering, finding, memory, stand_in, table
from evaluation.distractors import make_distractors
from evaluation.finding import Outcome
from evaluation.options import Options, read_options
from evaluation.question_set import ANSWERABLE, Question, load_documents, load_questions
from evaluation.reader import Reader
from evaluation.uploads import make_upload

SCORECARD = ROOT / "docs" / "scorecard.md"
BY_WORDS = "By words alone, without a model"
BY_VECTORS = f"With vectors of {stand_in.NAME}, a stand-in that knows only English"
EXACT = "Exact words: the best sentence, found with those vectors; no model answers"
REPLIES = f"Replies of {SMALL_MODEL}, from what was found with those vectors"
READING = f"Reading, with pypdfium2 and Tesseract, and replies of {SMALL_MODEL} meanwhile"
SETTINGS = {"TEMPERATURE": "0", "REPLY_TOKENS": "48"}
NOT_MEASURED = (
    "recall with a real embedding model, above all across languages: none could be fetched here",
    "span F1 of a question-answering model: none could be fetched here",
)


class Report:
    """What was measured, told as it comes and kept for the scorecard."""

    def __init__(self) -> None:
        self.parts: dict[str, list[Row]] = {}
        self.facts: list[str] = []
        self._began = time.monotonic()

    def add(self, part: str, rows: list[Row]) -> None:
        self.parts[part] = rows
        self.say(part)
        for row in rows:
            print(f"      {row.figure}: {row.seen}; {row.goal} {row.verdict}", flush=True)

    def note(self, fact: str) -> None:
        """For the table's head."""
        self.facts.append(fact)
        self.say(fact)

    def say(self, words: str) -> None:
        print(f"{time.monotonic() - self._began:4.0f} s  {words}", flush=True)


def measure(options: Options, report: Report) -> None:
    """Everything, on a Parley of its own."""
    if shutil.which("tesseract") is None:
        raise Problem("Tesseract is needed: apt install tesseract-ocr tesseract-ocr-deu")
    report.note(f"Load of the machine before: {os.getloadavg()[0]:.1f}.")
    with (
        serve(stand_in.app) as embed,
        LocalStack(None, None, EMBED_URL=embed, **SETTINGS) as parley,
    ):
        parley.wait_until_model_is_ready()
        reader = Reader(parley)
        with memory.watch_memory(parley) as seen:
            upload_all(reader, options, report)
        found = measure_finding(reader, options, report)
        if options.half == "tune":
            for part, outcomes in found.items():
                print("\n".join([f"\n{part}:", *finding.list_misses(outcomes)]))
            return
        measure_answers(parley, reader, options, report)
    with LocalStack(None, None, **SETTINGS) as parley:
        parley.wait_until_model_is_ready()
        read = asyncio.run(documents.measure(Stage(parley, "", 0), options.size.reading))
    report.add(READING, [*read.rows, memory.judge(seen)])


def upload_all(reader: Reader, options: Options, report: Report) -> None:
    """The distractors and the set, in one chat; returns when they are read and have vectors."""
    reader.upload(make_distractors(options.size.paragraphs))
    reader.wait_until_read()
    distractors = reader.count_passages()
    names = options.size.documents or load_documents()
    reader.upload(make_upload(load_documents()[name]) for name in names)
    left = [each["name"] for each in reader.wait_until_read() if each["state"] != "complete"]
    assert not left, f"not read: {left}"
    report.note(f"{len(names)} documents among {distractors} passages of distractors.")
    reader.wait_for_vectors(stand_in.NAME)


def measure_finding(reader: Reader, options: Options, report: Report) -> dict[str, list[Outcome]]:
    """By words, and by vectors as well; what became of each question."""
    asked = choose_questions(options)
    vectors = stand_in.embed([question.ask for question in asked])
    found = {
        BY_WORDS: finding.ask_all(reader, asked),
        BY_VECTORS: finding.ask_all(reader, asked, vectors, stand_in.NAME),
    }
    report.note(f"{len(asked)} questions, of the half `{options.half}`.")
    for part, outcomes in found.items():
        report.add(part, finding.judge(outcomes, has_vectors=part == BY_VECTORS))
    return found


def measure_answers(parley: LocalStack, reader: Reader, options: Options, report: Report) -> None:
    """As a person asks, in a browser."""
    asked = choose_questions(options)
    exact = [q for q in asked if q.kind in (*ANSWERABLE, "unanswerable")]
    report.add(EXACT, answering.measure_exact_words(reader, exact))
    literal = [q for q in asked if q.kind in ("literal", "scanned")][::2][: options.size.replies]
    rows = [answering.measure_first_word(parley, reader, literal)]
    rows += answering.measure_replies(reader, literal)
    rows.append(answering.measure_summaries(reader, choose_questions(options, "")))
    rows.append(answering.measure_privacy(parley, reader, literal))
    report.add(REPLIES, rows)


def choose_questions(options: Options, half: str | None = None) -> list[Question]:
    """About the documents of this run; those of its half, unless another one is named."""
    names = options.size.documents or load_documents()
    wanted = options.half if half is None else half
    return [q for q in load_questions() if q.document.name in names and q.half == wanted]


def main() -> int:
    """Measures and reports; returns the exit code."""
    options, report = read_options(sys.argv[1:]), Report()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: everything is stopped
    try:
        measure(options, report)
    except KeyboardInterrupt:
        return 130
    except Problem as problem:
        sys.exit(f"evaluation: {problem}")
    missed = sum(row.holds is False for rows in report.parts.values() for row in rows)
    report.say(f"{missed} goals missed")
    if options.written:
        about = f"Measured {datetime.now(UTC).date().isoformat()} by `python -m evaluation`."
        section = table.render(report.parts, " ".join([about, *report.facts]), NOT_MEASURED)
        replace_marked(SCORECARD, "make eval", section)
    return 0


if __name__ == "__main__":
    sys.exit(main())
