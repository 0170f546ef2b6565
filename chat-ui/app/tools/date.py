"""The date and time, by this machine's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

LONGEST_NAME = 64
UNKNOWN = "There is no such time zone. Write its name, such as `/date Europe/Berlin`, or nothing."


def run(text: str) -> str:
    """The date and time, in UTC or in a time zone such as Europe/Berlin."""
    now = datetime.now(UTC)
    if not text or text.upper() == "UTC":
        return f"**{_write(now)} UTC**"
    try:
        # It becomes a path: the longest one and a folder's are refused here.
        zone = ZoneInfo(text if len(text) <= LONGEST_NAME else "")
    except (ValueError, OSError, LookupError):
        return UNKNOWN
    return f"**{_write(now.astimezone(zone))}** in {zone.key.replace('_', ' ')}"


def _write(moment: datetime) -> str:
    return f"{moment:%A}, {moment.day} {moment:%B %Y, %H:%M}"
