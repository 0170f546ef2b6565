"""Takes out of a text what no reader sees and what no database takes."""

import re

# NUL and other control characters; zero-width space and word joiner; marks that reorder the text;
# tag characters, which can hide a sentence. The joiners that some scripts need stay.
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2060-\u2064\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
SURROGATE = re.compile("[\ud800-\udfff]")
# How PDFium writes a hyphen that only divides a word at the end of a line.
DIVIDED = re.compile("[\x02\ufffe](?:\r?\n)?")


def clean(text: str) -> str:
    """With `\\n` for every end of a line, and no white space at the ends of lines and text."""
    text = DIVIDED.sub("", text).replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n")
    text = SURROGATE.sub("\ufffd", INVISIBLE.sub("", text))
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")
