"""What uvicorn says of WebSockets has whole addresses, with their queries, and a stack for each
that sends garbage. nginx's log has a line of each; here only faults of the application are
wanted."""

import logging
from pathlib import Path


def is_wanted(record: logging.LogRecord) -> bool:
    """Filter."""
    is_of_sockets = "websockets" in Path(record.pathname).parts
    return not is_of_sockets or (record.funcName == "run_asgi" and record.exc_info is not None)


def quieten_sockets() -> None:
    """Of all applications of this process."""
    logging.getLogger("uvicorn.error").addFilter(is_wanted)
