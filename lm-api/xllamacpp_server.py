"""llama.cpp's own HTTP server inside Python (the wheel xllamacpp): where no `llama-server` is.

It takes the list of settings that `start` would give to `llama-server`, in the same words, and
refuses what it does not know, so that the two ways of serving can't drift apart unnoticed.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from types import FrameType
from typing import Any

Settings = dict[str, Any]


def read_keys(path: str) -> list[str]:
    """The API keys in a file as llama-server reads it: one a line, # starts a comment."""
    lines = (line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def flash_attention(value: str) -> Any:
    """xllamacpp's number for on, off or auto."""
    kinds = importlib.import_module("xllamacpp").llama_flash_attn_type
    names = {"on": "ENABLED", "off": "DISABLED", "auto": "AUTO"}
    return kinds[f"LLAMA_FLASH_ATTN_TYPE_{names[value]}"]


def cache_type(value: str) -> Any:
    """xllamacpp's number for f16, q8_0 and the like."""
    return importlib.import_module("xllamacpp").ggml_type[f"GGML_TYPE_{value.upper()}"]


def speculation(value: str) -> list[Any]:
    """xllamacpp's number for none, ngram-simple and the like."""
    kinds = importlib.import_module("xllamacpp").common_speculative_type
    return [kinds[f"COMMON_SPECULATIVE_TYPE_{value.upper().replace('-', '_')}"]]


# llama-server's option → (the field of xllamacpp's CommonParams, how to read the value).
VALUES: dict[str, tuple[str, Callable[[str], Any]]] = {
    "--model": ("model.path", str),
    "--alias": ("model_alias", lambda value: {value}),
    "--host": ("hostnames", lambda value: [value]),
    "--port": ("port", int),
    "--api-key-file": ("api_keys", read_keys),
    "--parallel": ("n_parallel", int),
    "--ctx-size": ("n_ctx", int),
    "--cache-ram": ("cache_ram_mib", int),
    "--slot-prompt-similarity": ("slot_prompt_similarity", float),
    "--batch-size": ("n_batch", int),
    "--ubatch-size": ("n_ubatch", int),
    "--flash-attn": ("flash_attn_type", flash_attention),
    "--threads": ("cpuparams.n_threads", int),
    "--threads-batch": ("cpuparams_batch.n_threads", int),
    "--predict": ("n_predict", int),
    "--sse-ping-interval": ("sse_ping_interval", int),
    "--slot-save-path": ("slot_save_path", str),
    "--mmproj": ("mmproj.path", str),
}
# `start` leaves them at their defaults; whoever runs it may add them.
ADDED: dict[str, tuple[str, Callable[[str], Any]]] = {
    "--cache-type-k": ("cache_type_k", cache_type),
    "--cache-type-v": ("cache_type_v", cache_type),
    "--spec-type": ("speculative.types", speculation),
}
FLAGS: dict[str, tuple[str, bool]] = {
    "--no-kv-unified": ("kv_unified", False),
    "--embedding": ("embedding", True),
    "--metrics": ("endpoint_metrics", True),
    "--slots": ("endpoint_slots", True),
    "--no-webui": ("ui", False),
}


def read_settings(arguments: list[str]) -> Settings:
    """CommonParams fields by name. ValueError for an unknown option or a missing or bad value."""
    settings: Settings = {}
    values = VALUES | ADDED
    rest = iter(arguments)
    for option in rest:
        if option in FLAGS:
            name, state = FLAGS[option]
            settings[name] = state
            continue
        if option not in values:
            raise ValueError(
                f"{option} is not known to xllamacpp_server.py; llama-server may know it"
            )
        field, read = values[option]
        value = next(rest, None)
        if value is None:
            raise ValueError(f"{option} lacks its value")
        try:
            settings[field] = read(value)
        except (ValueError, KeyError) as error:
            raise ValueError(f"{option} can't be {value!r}") from error
    return settings


def apply_settings(params: Any, settings: Settings) -> None:
    """Sets each field, also those of an inner object such as cpuparams.n_threads."""
    for field, value in settings.items():
        holder, _, name = field.rpartition(".")
        setattr(attrgetter(holder)(params) if holder else params, name, value)


def stop(_signal: int, _frame: FrameType | None) -> None:
    """Leaves at once: the server's own shutdown may take 30 s, and it has nothing to save."""
    os._exit(0)


def main(arguments: list[str]) -> int:
    """Serves until SIGTERM or Ctrl-C (0). 1: did not start, the log says why. 2: wrong setting."""
    # Until the model is loaded Python could not react to Ctrl-C; so leave it to the system.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        xllamacpp: Any = importlib.import_module("xllamacpp")
        params = xllamacpp.CommonParams()
        apply_settings(params, read_settings(arguments))
        server = xllamacpp.Server(params)
    except ImportError as error:  # the wheel, or libgomp, which it takes from the system
        print(
            f"lm-api: no llama-server here, and xllamacpp can't be used: {error}.\n"
            "lm-api: pip install xllamacpp; if it is libgomp.so.1 that lacks: apt install libgomp1",
            file=sys.stderr,
        )
        return 2
    except (ValueError, OSError) as error:
        print(f"lm-api: {error}", file=sys.stderr)
        return 2
    except RuntimeError as error:
        print(f"lm-api: the server did not start: {error}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"lm-api: serving on {server.listening_address}", file=sys.stderr, flush=True)
    while True:  # whichever thread gets the signal, Python runs its handler here soon after
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
