"""What one trial found: broken promises, missed goals, counts and figures.

The promises:

- I1: every acknowledged message is stored exactly once, byte for byte
- I2: each has exactly one reply, final within 60 s of the last fault
- I3: what was shown is a prefix of what is stored
- I4: a repeated send adds nothing
- I5: one order in every read, and replies in order
- I6: no stranger sees, changes or stops anything
- join: no character is lost or repeated where a reply was interrupted
- watch: whoever watches is told when nothing is left to say
- document: what was confirmed is kept byte for byte, and each of its pages once
- back: everything is back without help within 60 s
- call: no call of a tool is run twice, and each is told
- answer: every answer is one a person can use
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field


@dataclass
class Findings:
    """They grow while the trial runs."""

    counts: Counter[str] = field(default_factory=Counter)
    # Seconds, unless the name gives a unit in brackets.
    figures: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    violations: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)  # goals, not promises

    def violate(self, promise: str, words: str, chat: str = "", message: str = "") -> None:
        """A promise was seen broken. Only the first time counts."""
        where = ", ".join(filter(None, (chat and f"chat {chat}", message and f"message {message}")))
        violation = f"{promise}: {words}" + (f" ({where})" if where else "")
        if violation not in self.violations:
            self.violations.append(violation)

    @property
    def broken(self) -> list[str]:
        """Which promises were broken, in the order of finding it out."""
        return [violation.partition(":")[0] for violation in self.violations]
