"""The names that a certificate is for: PUBLIC_URL's, those in TLS_NAMES, and this machine's own."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Name = str | Address

OWN: tuple[Name, ...] = ("localhost", IPv4Address("127.0.0.1"), IPv6Address("::1"))
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class NotUsable(Exception):
    """A setting, or a file that was brought. The text says what to correct."""


def read_names(environment: Mapping[str, str]) -> list[Name]:
    """In the order given, without repetitions. Raises NotUsable."""
    public = urlsplit(environment.get("PUBLIC_URL", "")).hostname
    texts = [*([public] if public else []), *re.split(r"[\s,]+", environment.get("TLS_NAMES", ""))]
    return list(dict.fromkeys([*(_read(text) for text in texts if text), *OWN]))


def _read(text: str) -> Name:
    """Raises NotUsable."""
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        name = text.lower()
        if not all(LABEL.fullmatch(label) for label in name.split(".")):
            raise NotUsable(f"'{text}' in TLS_NAMES is no name and no address") from None
        return name
    if not address.is_private:
        raise NotUsable(f"{text} is a public address; TLS=local is for private ones")
    return address
