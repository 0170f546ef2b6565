"""Texts of several kinds, with the tokens that the small model's tokenizer makes of them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Counted:
    name: str
    tokens: int
    text: str


_FILE = Path(__file__).with_name("tokens.toml")
COUNTED = [Counted(**entry) for entry in tomllib.loads(_FILE.read_text())["text"]]
