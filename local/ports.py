"""Finds ports to listen on, and says whether one is taken."""

import errno
import random
import socket
from collections.abc import Collection

# Below every system's range for outgoing connections: there, a client that retries while its
# server restarts may be given the server's own port, and then talks to itself.
RANGE = range(20000, 30000)


def is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Whether a server could listen on `port` now."""
    return why_taken(port, address) is None


def why_taken(port: int, address: str = "127.0.0.1") -> str | None:
    """None if a server could listen on `port` now, else the reason why not, for a person."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen()
        except PermissionError:
            return f"port {port} is only for root"
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return f"port {port} is taken by another program"
            return f"can't listen on {address} port {port}: {error.strerror or error}"
    return None


def free_port(besides: Collection[int] = ()) -> int:
    """A port that nobody listens on, none of those, and none that a running process was given."""
    for _ in range(1000):
        port = random.choice(RANGE)  # noqa: S311 (nothing secret about it)
        if port not in besides and is_free(port) and _reserve(port):
            return port
    raise OSError(f"no free port between {RANGE.start} and {RANGE.stop}")


def _reserve(port: int) -> bool:
    """Whether nobody has it. Until this process ends, it is ours, though its server has yet to
    listen: its number is held among the ports of UDP, which we don't use."""
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        holder.bind(("127.0.0.1", port))
    except OSError:
        holder.close()
        return False
    holder.detach()  # it stays open
    return True
