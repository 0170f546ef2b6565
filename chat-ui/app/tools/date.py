"""The date and time, by this machine's clock."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

LONGEST_NAME = 64
UNKNOWN = "There is no such time zone. Write a large city, such as `/date Tokyo`, or nothing."


def run(text: str = "") -> str:
    """The date and time, in UTC or in a time zone such as Tokyo or Europe/Berlin."""
    now = datetime.now(UTC)
    if not text or text.upper() == "UTC":
        return f"**{_write(now)} UTC**"
    try:
        # It becomes a path: the longest one and a folder's are refused here.
        named = text if len(text) <= LONGEST_NAME else ""
        zone = ZoneInfo(_find_cities().get(named.lower(), named))
    except (ValueError, OSError, LookupError):
        return UNKNOWN
    return f"**{_write(now.astimezone(zone))}** in {zone.key.replace('_', ' ')}"


@cache
def _find_cities() -> dict[str, str]:
    """Time zones by the cities that they are named after."""
    zones = sorted(zone for zone in available_timezones() if zone.count("/") == 1)
    return {zone.split("/")[1].replace("_", " ").lower(): zone for zone in zones}


def _write(moment: datetime) -> str:
    return f"{moment:%A}, {moment.day} {moment:%B %Y, %H:%M}"
