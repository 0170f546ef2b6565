"""Recordings as they are shown."""

from dataclasses import dataclass
from uuid import UUID

from app.clients.document_types import Recording


@dataclass(frozen=True)
class RecordingsView:
    """`_recordings.html`: those of one chat."""

    chat: UUID
    items: list[Recording]

    @property
    def pending(self) -> bool:
        """Whether some are still to be transcribed."""
        return any(not recording.final for recording in self.items)

    def read(self, recording: UUID) -> str:
        """What was said in it; empty if that is not known."""
        return next((item.text for item in self.items if item.id == recording), "")
