"""Where the person asks from for whom a transaction is: a hash, which tells nobody the address who
doesn't have the key."""

import hmac
from contextvars import ContextVar

_current = ContextVar("network", default="")


def hash_network(network: str, key: bytes) -> bytes:
    """Of an IPv4 address, or of an IPv6 client's /64."""
    return hmac.digest(key, network.encode(), "sha256")


def note_network(network: str, key: bytes) -> None:
    """For the transactions of this call; empty where nobody tells."""
    _current.set(hash_network(network, key).hex() if network else "")


def get_network() -> str:
    """Its hash, as hexadecimal digits; empty if it isn't known."""
    return _current.get()
