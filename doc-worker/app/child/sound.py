"""Recordings: decoded by FFmpeg's libraries (PyAV), cut into parts of about half a minute, which
are their pages, and transcribed.

Both libraries are imported when they are needed: other files would only wait for them.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING

from app.child.clean import clean
from app.child.refused import Refused
from app.child.whisper import RATE, Whisper
from app.messages import Picture, Request, Source

if TYPE_CHECKING:
    import av
    import numpy as np

    Samples = np.ndarray[tuple[int], np.dtype[np.int16]]

MINUTES = 10
# A part is cut where it is most quiet between these: whisper.cpp hears 30 seconds at a time.
LEAST, MOST = 18 * RATE, 28 * RATE
BLOCK = RATE // 10
QUIET = 60  # of 32,768: the strongest 0.1 seconds of a part in which nothing is said

# What browsers record, and what recordings usually are. FFmpeg knows hundreds more, playlists that
# lead to other files among them.
OPTIONS = {"format_whitelist": "wav,mp3,ogg,matroska,webm,mov,mp4,m4a", "protocol_whitelist": ""}
CODECS = {"mp3", "mp3float", "aac", "opus", "libopus", "vorbis", "pcm_u8", "pcm_s16le"} | {
    *("pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw"),
}
RATES = range(4_000, 400_000)  # Hz; another one is no recording of a voice


class SoundFile:
    """A recording, decoded as a whole: ten minutes are 20 MB."""

    picture: Picture | None = None

    def __init__(
        self,
        content: bytes,
        request: Request,
        load: Callable[[str], Callable[[Samples], str]] = Whisper,
    ) -> None:
        samples = decode(content)
        self._parts = cut_parts(samples)
        self.pages = len(self._parts)
        self._model = request.whisper or ""
        self._load = load
        self._transcribe: Callable[[Samples], str] | None = None

    def read(self, number: int) -> tuple[str, Source]:
        part = self._parts[number - 1]
        if is_quiet(part):
            return "", "empty"  # a model would hear something all the same
        self._transcribe = self._transcribe or self._load(self._model)
        text = clean(self._transcribe(part)).strip()
        return text, "text" if text else "empty"


def decode(content: bytes) -> Samples:
    """One channel of 16,000 samples a second; of a file that breaks off, what comes before."""
    import av
    import numpy as np

    parts: list[Samples] = []
    length = 0
    try:
        with av.open(io.BytesIO(content), "r", options=OPTIONS) as container:
            stream = find_stream(container)
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in chain(container.decode(stream), [None]):  # None: what is left
                for resampled in resampler.resample(frame):
                    parts.append(resampled.to_ndarray()[0])
                    length += len(parts[-1])
                if length > MINUTES * 60 * RATE:
                    raise Refused("too-long")
    except (av.FFmpegError, ValueError, IndexError):  # a decoder's own
        if not parts:
            raise Refused("damaged") from None
    if not parts:
        raise Refused("empty")
    samples: Samples = np.concatenate(parts)
    return samples


def find_stream(container: av.container.InputContainer) -> av.audio.stream.AudioStream:
    """The first of sound, if it is of a kind that can be decoded."""
    stream = container.streams.audio[0]
    if stream.codec_context.name not in CODECS or stream.sample_rate not in RATES:
        raise Refused("damaged")
    return stream


def cut_parts(samples: Samples) -> list[Samples]:
    parts = []
    while len(samples) > MOST:
        window = measure(samples[LEAST:MOST])
        cut = LEAST + int(window.argmin()) * BLOCK + BLOCK // 2
        parts.append(samples[:cut])
        samples = samples[cut:]
    return [*parts, samples]


def is_quiet(part: Samples) -> bool:
    return bool(measure(part).max() < QUIET)


def measure(samples: Samples) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """How loud each tenth of a second is."""
    import numpy as np

    missing = -len(samples) % BLOCK
    blocks = np.pad(samples, (0, missing)).reshape(-1, BLOCK).astype(np.float32)
    loud: np.ndarray[tuple[int], np.dtype[np.float32]] = np.sqrt((blocks**2).mean(axis=1))
    return loud
