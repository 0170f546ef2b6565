"""The marks of chat templates, such as <|im_end|>, in what people, documents and models wrote.

lm-api parses them wherever in a prompt they are, so that a text could end its turn and speak for
somebody else. In a prompt each gets a space behind its first character; then it is read as plain
letters. What is stored, shown and exported is never changed.
"""

import re
from collections.abc import Iterable

from app.clients.prompt_types import PromptMessage, PromptPart

# Marks that are a word alone, such as <s>. Others like them are HTML, or types in code.
_WORDS = (
    "s|unk|pad|mask|bos|eos|cls|sep|sop|eop|think|filename|reponame|image|audio|video|global-img"
)
_CAPITALS = "INST|IMG|ARGS|PREFIX|SUFFIX|MIDDLE|THINK|AUDIO|UNK|PAD|CLS|SEP|[gs]?MASK|BOS|EOS"
_JOINED = "[A-Z]{1,40}_[A-Z_]{1,40}"
MARK = re.compile(
    r"<(?=[|｜][^<>\s][^<>\n]{0,80}[|｜]>)"  # <|im_end|>, <|eot_id|>, <｜User｜>
    rf"|<(?=/?(?i:{_WORDS})>)"  # </s>
    r"|<(?=/?[^\W_]{0,40}[_▁][\w▁]{0,40}>)"  # <start_of_turn>, <tool_call>, <__media__>
    r"|<(?=</?SYS>>)"
    r"|\[(?=\|[^\[\]\n]{1,80}\|\])"  # [|endofturn|]
    rf"|\[(?=/?(?:{_CAPITALS}|{_JOINED})\])"  # [INST], [/INST], [TOOL_CALLS]
)


def neutralise(text: str) -> str:
    """The text without any mark that lm-api could parse."""
    return MARK.sub(r"\g<0> ", text)


def neutralise_message(message: PromptMessage) -> PromptMessage:
    """The message as it is sent to lm-api, with names and texts of all of its parts neutralised."""
    return message.model_copy(update={"parts": list(_neutralise_parts(message.parts))})


def _neutralise_parts(parts: Iterable[PromptPart]) -> Iterable[PromptPart]:
    for part in parts:
        texts = part.model_dump(include={"document", "text"})
        yield part.model_copy(update={name: neutralise(text) for name, text in texts.items()})
