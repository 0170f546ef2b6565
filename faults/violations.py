"""A broken promise, with what it takes to look into it."""

from dataclasses import dataclass

PROMISES = {
    "I1": "every acknowledged message is there exactly once, byte for byte",
    "I2": "each has exactly one reply, final within 60 s of the last fault",
    "I3": "what was shown is a prefix of what is stored",
    "I4": "a repeated send adds nothing",
    "I5": "one order in every read, and replies in order",
    "I6": "no stranger sees, changes or stops anything",
    "join": "no character is lost or repeated where a reply was interrupted",
    "watch": "whoever watches is told when nothing is left to say",
    "back": "everything is back without a hand within 60 s",
    "answer": "every answer is one a person can use",
}


@dataclass(frozen=True)
class Violation:
    """One broken promise: which, where and how."""

    promise: str
    words: str
    chat: str = ""
    message: str = ""

    def __str__(self) -> str:
        where = f" (chat {self.chat}" + (f", message {self.message})" if self.message else ")")
        return f"{self.promise}: {self.words}{where if self.chat else ''}"
