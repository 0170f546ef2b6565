"""Recordings become text: each kind is decoded, cut where nothing is said, and transcribed; what
is no recording is refused. The model always says the same: no real one can be had here."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from app.child import sound
from app.child.refused import Refused
from app.child.sound import SoundFile, decode
from app.child.whisper import RATE
from app.messages import Confined, Failed, Message, Opened, Page, Request
from app.process import FOLDER, Child

from tests.doc_worker import recordings
from tests.doc_worker.conftest import Person
from tests.support.program import Program
from tests.support.waiting import wait_until
from tests.support.whisper_model import write_whisper_model

Start = Callable[..., Program]

REQUEST = Request("sound", page_limit=1000, whisper="a model")
TONE = recordings.make_tone(3)
WAV = recordings.encode(TONE, "wav")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("models") / "model.bin"
    return write_whisper_model(file, " Good", " morning", ".")


def hear(content: bytes, *said: str) -> list[tuple[str, str]]:
    """What becomes of each part, if these are the words of one after the other."""
    words = iter(said)
    file = SoundFile(content, REQUEST, load=lambda model: lambda part: next(words))
    return [file.read(number) for number in range(1, file.pages + 1)]


def error(content: bytes) -> str:
    with pytest.raises(Refused) as refused:
        SoundFile(content, REQUEST)
    return refused.value.error


@pytest.mark.parametrize("kind", recordings.KINDS)
def test_every_kind_that_browsers_record_is_decoded(kind: str) -> None:
    samples = decode(recordings.encode(TONE, kind))
    assert abs(len(samples) / RATE - 3) < 0.1
    loudest = np.abs(np.fft.rfft(samples)).argmax() / (len(samples) / RATE)
    assert abs(loudest - 220) < 2, "the tone that was recorded"
    assert 7_000 < np.abs(samples[RATE : 2 * RATE]).max() < 9_000


def test_a_long_recording_is_cut_where_nothing_is_said() -> None:
    content = recordings.encode(recordings.make_tone(50, silent=(24, 24.5)), "ogg")
    parts = SoundFile(content, REQUEST)._parts
    assert [round(len(part) / RATE) for part in parts] == [24, 26]
    assert hear(content, " Good morning.", "How are you?\0 ") == [
        ("Good morning.", "text"),
        ("How are you?", "text"),
    ]


def test_where_nobody_speaks_the_model_is_not_asked() -> None:
    noise = np.random.default_rng(1).integers(-9, 9, 3 * recordings.RATE).astype(np.int16)
    assert hear(recordings.encode(noise, "wav")) == [("", "empty")]
    assert hear(WAV, " ") == [("", "empty")]


@pytest.mark.parametrize("kind", ["mp3", "ogg", "webm", "wav"])
def test_of_a_recording_that_breaks_off_what_came_is_heard(kind: str) -> None:
    content = recordings.encode(TONE, kind)
    assert 0.5 < len(decode(content[: len(content) // 2])) / RATE < 2


def test_ten_minutes_are_heard_and_eleven_are_not() -> None:
    ten, eleven = (recordings.write_wav(bytes(4_000 * 60 * n), 4_000) for n in (10, 11))
    assert len(decode(ten)) == 600 * RATE
    assert error(eleven) == "too-long"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt garbage", "damaged"),
        (b"OggS\0" + bytes(2_000), "damaged"),
        (b"\x1aE\xdf\xa3" + b"garbage" * 99, "damaged"),
        (b"ID3\x03" + b"no sound at all " * 99, "damaged"),
        (recordings.encode(TONE, "mp4")[:2_000], "damaged"),
        (recordings.write_wav(bytes(9_000), 4_000_000_000), "damaged"),
        (recordings.write_wav(bytes(9_000), 1), "damaged"),
        (recordings.write_wav(b"", 8_000), "empty"),
        (b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n", "damaged"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "damaged"),
    ],
)
def test_what_is_no_recording_is_refused(content: bytes, found: str) -> None:
    assert error(content) == found


def test_a_decoder_that_no_recording_needs_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "CODECS", {"mp3"})
    assert error(WAV) == "damaged"


def listen(content: bytes, model: Path) -> list[Message]:
    """All that a child says but that it begins a page, or ends."""
    request = Request("sound", page_limit=1000, whisper=str(model))
    said: list[Message] = []
    with Child(request, content) as child:
        while (message := child.receive(100)) and message.type != "ended":
            said.append(message)
    return [message for message in said if message.type != "begun"]


def test_a_child_transcribes_and_lacks_nothing_for_it(model: Path) -> None:
    heard = Page(1, "Good morning.", "text")
    assert listen(WAV, model) == [Confined([]), Opened(1), heard]
    assert listen(b"RIFF\x24\0\0\0WAVE", model) == [Confined([]), Failed("damaged")]


def test_a_user_without_a_home_can_transcribe(model: Path) -> None:
    """As in compose, where only a number is known of the user."""
    code = (
        "import sys, pwd; pwd.getpwuid = {}.__getitem__;"
        "from app.child.whisper import Whisper; Whisper(sys.argv[1])"
    )
    command = [sys.executable, "-c", code, str(model)]
    done = subprocess.run(command, cwd=FOLDER, env={}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_recordings_are_transcribed_once_there_is_a_model(
    ada: Person, start_worker: Start, model: Path
) -> None:
    chat = (
        ada.http.post("/chats", json={"username": "Ada", "system_prompt": ""})
        .raise_for_status()
        .json()["id"]
    )
    start_worker(WHISPER_MODEL="late", LM_MODELS_DIR=str(model.parent))
    ada.upload(recordings.encode(TONE, "webm"), "voice.webm", chat)
    ada.wait(ada.upload(b"Some text.", "notes.txt"))
    path = f"/chats/{chat}/recordings"

    def read() -> dict[str, object]:
        (found,) = ada.http.get(path).raise_for_status().json()["items"]
        return dict(found)

    assert read()["state"] == "queued"
    shutil.copy(model, model.with_name("late.bin"))
    wait_until(lambda: read()["state"] == "complete", explain=read)
    assert (read()["text"], read()["pages"]) == ("Good morning.", 1)
