"""What a row found."""

from dataclasses import dataclass, field

SHOWN = 40  # violations of one row; a hole in every request need not be told a thousand times


@dataclass
class Found:
    """It grows while the row runs."""

    tried: int = 0
    seen: list[str] = field(default_factory=list)  # counts and figures, in words
    violations: list[str] = field(default_factory=list)
    skipped: str = ""  # what this machine lacks, if the row was not run

    def expect(self, is_so: bool, words: str) -> None:
        """One thing that was tried. If it is not so, `words` say what was seen instead."""
        self.tried += 1
        if not is_so and words not in self.violations:
            self.violations.append(words)

    def see(self, words: str) -> None:
        """Something for the table."""
        self.seen.append(words)

    @property
    def verdict(self) -> str:
        """For the table."""
        if self.skipped:
            return "–"
        return f"**{len(self.violations)} violations**" if self.violations else "held"
