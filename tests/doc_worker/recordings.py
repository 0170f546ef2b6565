"""Recordings, made here: tones in each container that browsers record."""

import io
import wave

import av
import numpy as np

RATE = 48_000
# How the kinds are written: container, codec. What Chrome, Firefox and Safari record, and the rest.
KINDS = {
    "wav": ("wav", "pcm_s16le"),
    "mp3": ("mp3", "libmp3lame"),
    "ogg": ("ogg", "libopus"),
    "webm": ("webm", "libopus"),
    "mp4": ("mp4", "aac"),
}


def make_tone(seconds: float, silent: tuple[float, float] = (0, 0)) -> np.ndarray:
    """A tone, with silence from one second up to another."""
    times = np.arange(int(seconds * RATE)) / RATE
    tone = (8_000 * np.sin(2 * np.pi * 220 * times)).astype(np.int16)
    tone[int(silent[0] * RATE) : int(silent[1] * RATE)] = 0
    return tone


def encode(samples: np.ndarray, kind: str) -> bytes:
    """The samples as a file of this kind."""
    container_format, codec = KINDS[kind]
    file = io.BytesIO()
    with av.open(file, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=RATE)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return file.getvalue()


def write_wav(samples: bytes, rate: int) -> bytes:
    """Samples of 8 bits, of which so many are a second, or so it says."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(1)
        writer.setframerate(rate)
        writer.writeframes(samples)
    return file.getvalue()
