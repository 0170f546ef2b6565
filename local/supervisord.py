"""supervisord, which starts what died at once.

By itself it hears of an end in one round of its loop and acts upon it in the next, a second later.
"""

from supervisor import supervisord  # type: ignore[import-untyped]  # it has no types


class Supervisor(supervisord.Supervisor):  # type: ignore[misc]  # it has no types
    """Acts upon an end in the same round."""

    def reap(self, once: bool = False, recursionguard: int = 0) -> None:
        super().reap(once, recursionguard)
        if recursionguard == 0:  # it calls itself for one child after the other
            for group in self.process_groups.values():
                group.transition()


if __name__ == "__main__":
    supervisord.Supervisor = Supervisor
    supervisord.main()
