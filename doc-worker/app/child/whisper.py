"""Transcribes by whisper.cpp (pywhispercpp), on one thread."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

RATE = 16_000  # samples a second


class Whisper:
    """A model. It decides once which language is spoken: that takes as long as half of the rest."""

    def __init__(self, file: str) -> None:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when numpy is loaded
        os.environ["HOME"] = "/"  # looked for when pywhispercpp is; a container's user has none
        from pywhispercpp.model import Model

        self._model = Model(file, n_threads=1, print_progress=False)
        self._language = ""

    def __call__(self, samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> str:
        """What is said."""
        import numpy as np

        sound = np.divide(samples, 32_768, dtype=np.float32)
        if not self._language:
            (self._language, _), _ = self._model.auto_detect_language(sound, n_threads=1)
        segments = self._model.transcribe(sound, language=self._language, suppress_nst=True)
        return " ".join(segment.text for segment in segments)
