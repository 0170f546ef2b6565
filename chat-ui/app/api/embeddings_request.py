"""What `/v1/embeddings` is asked. Whatever can't be done is refused by its name."""

from dataclasses import dataclass
from typing import Any

from app.api.body import check_text
from app.api.fields import find_given, read_model, refuse, require

MOST_TEXTS = 256
KNOWN = {"model", "input", "encoding_format"}
TOKENS = "is tokens, which only the model itself could count; send texts"


@dataclass(frozen=True)
class EmbeddingsRequest:
    """A request that can be done, as far as it can be told without the model."""

    model: str
    texts: list[str]
    as_base64: bool

    @classmethod
    def read(cls, fields: dict[str, Any]) -> "EmbeddingsRequest":
        """From the fields of a body; ApiError for what can't be done."""
        given = find_given(fields, KNOWN, {})
        texts = _read_texts(require(given, "input"))
        encoding = given.get("encoding_format", "float")
        if encoding not in ("float", "base64"):
            refuse("encoding_format", "is float or base64")
        return cls(read_model(given), texts, encoding == "base64")


def _read_texts(given: object) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not 1 <= len(texts) <= MOST_TEXTS:
        refuse("input", f"is a text, or a list of 1 to {MOST_TEXTS}")
    for number, text in enumerate(texts):
        param = "input" if isinstance(given, str) else f"input.{number}"
        if isinstance(text, int | list):
            refuse(param, TOKENS)
        if not isinstance(text, str) or not text:
            refuse(param, "is a text that is not empty")
        check_text(text, param)
    return texts
