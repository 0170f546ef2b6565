"""Where a request comes from, as nginx tells it."""

import ipaddress
from contextvars import ContextVar

from starlette.requests import HTTPConnection

_current = ContextVar("network", default="")


def note_network(network: str) -> None:
    """db-api is told where the request comes from that is being worked at."""
    _current.set(network)


def network_header() -> dict[str, str]:
    """The header that tells it; none for the runner's own calls."""
    network = _current.get()
    return {"X-Network": network} if network else {}


def find_network(request: HTTPConnection) -> str:
    """The client's address; of IPv6 the first half, since whoever has one has 2**64 of them. It is
    the same for all who are behind one router, or with Docker Desktop on one machine. What is no
    address stays as it is; empty if none is known."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))
