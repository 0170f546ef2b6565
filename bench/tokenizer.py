"""Qwen2's real tokenizer, without the model: llama.cpp's sources have its vocabulary and template.

They come from PyPI, inside the source package of llama-cpp-python.
"""

import tarfile
from pathlib import Path

from gguf import GGUFReader, GGUFValueType, GGUFWriter, Keys

from bench.packages import download

PACKAGE = "llama-cpp-python"
VERSION = "0.3.36"
SHA256 = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"
MODELS = f"llama_cpp_python-{VERSION}/vendor/llama.cpp/models"
VOCABULARY = f"{MODELS}/ggml-vocab-qwen2.gguf"
TEMPLATE = f"{MODELS}/templates/Qwen-Qwen2.5-7B-Instruct.jinja"
TURN_END = "<|im_end|>"  # where an instruct model stops; the vocabulary names the end of a text
REPLACED = (Keys.Tokenizer.CHAT_TEMPLATE, Keys.Tokenizer.EOS_ID)


def fetch_tokenizer(work: Path) -> tuple[Path, str]:
    """The vocabulary as a GGUF file without tensors in `work`, and the chat template.

    Raises Problem when pip can't bring the package, or it is not the one we know.
    """
    print(f"Fetching Qwen2's tokenizer with pip, in {PACKAGE} {VERSION} (77 MB)", flush=True)
    # pip asks the source package for its metadata, which takes seconds; nothing is compiled.
    source = download(PACKAGE, VERSION, SHA256, work, "--no-binary", PACKAGE)
    with tarfile.open(source) as package:
        for member in (VOCABULARY, TEMPLATE):
            package.extract(member, work, filter="data")
    return work / VOCABULARY, (work / TEMPLATE).read_text()


def add_tokenizer(writer: GGUFWriter, vocabulary: Path, template: str) -> int:
    """Copies the tokenizer, but ends and templates as an instruct model does; returns its size."""
    fields = GGUFReader(vocabulary).fields
    tokens = fields[Keys.Tokenizer.LIST].contents()
    for name, field in fields.items():
        if name.startswith("tokenizer.") and name not in REPLACED:
            element = field.types[1] if field.types[0] is GGUFValueType.ARRAY else None
            writer.add_key_value(name, field.contents(), field.types[0], element)
    writer.add_chat_template(template)
    writer.add_eos_token_id(tokens.index(TURN_END))
    writer.add_add_bos_token(False)
    return len(tokens)
