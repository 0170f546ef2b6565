"""What a program shows: a JWT (RFC 7519) around the id of a row in db-api. The signature proves
that it was made here; whether it was revoked since, the row tells at each call."""

from datetime import datetime
from uuid import UUID

import jwt

from app.clients.types import Token
from app.errors import TokenRefused

ALGORITHM = "HS256"  # the only one, whatever a token says of itself
ISSUER = "parley"
AUDIENCE = "parley-api"
CLAIMS = ["exp", "aud", "iss", "jti", "scope"]


class TokenSigner:
    """Signs and verifies with the secret in TOKEN_KEY_FILE, which no other service has."""

    def __init__(self, key: str) -> None:
        self._key = key

    def sign(self, token: Token) -> str:
        """What its program shows from now on."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "jti": str(token.id),
            "scope": " ".join(token.scopes),
            "exp": _round(token.expires_at),
        }
        return jwt.encode(claims, self._key, ALGORITHM)

    def verify(self, shown: str) -> UUID:
        """The token's id, or TokenRefused."""
        try:
            claims = jwt.decode(
                shown,
                self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": CLAIMS},
            )
            return UUID(claims["jti"])
        except (jwt.PyJWTError, ValueError) as error:
            raise TokenRefused from error


def _round(moment: datetime) -> int:
    return int(moment.timestamp())
