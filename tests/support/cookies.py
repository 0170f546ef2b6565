"""The session's cookie as whoever has the key could write it."""

import json
from base64 import b64decode, b64encode
from typing import Any

import httpx
from itsdangerous import TimestampSigner


class Cookies:
    """Those that chat-ui signs with this key."""

    def __init__(self, key: str) -> None:
        self._signer = TimestampSigner(key)

    def sign(self, content: object) -> str:
        """The value of a cookie that holds this."""
        return self._signer.sign(b64encode(json.dumps(content).encode())).decode()

    def plant(self, browser: httpx.Client, content: object) -> None:
        """Puts one into a browser that asks 127.0.0.1."""
        browser.cookies.set("parley", self.sign(content), domain="127.0.0.1")

    def read(self, browser: httpx.Client) -> Any:
        """What the browser's holds."""
        return json.loads(b64decode(self._signer.unsign(browser.cookies["parley"])))
