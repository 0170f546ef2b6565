"""What ends the reading of a file as a whole."""

from app.messages import Error


class Refused(Exception):
    """The file can't be read; `error` says why."""

    def __init__(self, error: Error) -> None:
        super().__init__(error)
        self.error: Error = error
