"""Which addresses are the API's. They never read a cookie, so no page of another site can misuse
one there: the cross-site rule of the pages is not needed."""

PREFIX = "/v1"  # OpenAI's protocol
OWN = "/api"  # the chats and documents of the token's session


def is_api(path: str) -> bool:
    """Whether a request there is a program's."""
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in (PREFIX, OWN))
