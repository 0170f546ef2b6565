"""What db-api says of what may still be asked for in a minute.

As in `types.py`, each class has the name and the fields of a schema of db-api.
"""

from app.clients.types import Received


class Bucket(Received):
    """What is left of `limit`. After `reset_ms` all of it is there again."""

    limit: int
    remaining: int
    reset_ms: int


class Room(Received):
    """Requests and tokens, of the session or of the token that a program shows, whichever has less
    left."""

    requests: Bucket
    tokens: Bucket
