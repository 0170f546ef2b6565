"""Makes a token for a program, for a session of its own: `python -m app.make_token NAME`. For
whoever runs Parley; people make theirs in the settings."""

import argparse
import asyncio
import sys
from typing import get_args

from app.api.signing import TokenSigner
from app.clients.base import DbApi
from app.clients.service import connect
from app.clients.sessions import SessionsClient
from app.clients.tokens import TokensClient
from app.clients.types import Scope, Token
from app.errors import InvalidInput, ParleyError
from app.settings import Settings, read_secret, read_settings


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="app.make_token", description=__doc__)
    parser.add_argument("name", help="what it is for; its session is called so, too")
    parser.add_argument("--days", type=int, help="until it expires; without, as many as may be")
    parser.add_argument("--scopes", default="chat", help="what it may do, with commas between")
    return parser.parse_args()


async def make_token(settings: Settings, name: str, scopes: list[str], days: int | None) -> Token:
    """In a new session, which has nothing else. Raises a ParleyError."""
    secret = read_secret(settings.db_api_token_file)
    async with connect(settings.db_api_url, secret) as service:
        api = DbApi(service)
        session = await SessionsClient(api).create(name)
        try:
            return await TokensClient(api).create(session.id, name, scopes, days)
        except ParleyError:
            await SessionsClient(api).delete(session.id)
            raise


def main() -> None:
    """Prints the token, and on standard error until when it is good."""
    given, settings = read_arguments(), read_settings()
    signer = TokenSigner(read_secret(settings.token_key_file))
    scopes = given.scopes.split(",")
    try:
        token = asyncio.run(make_token(settings, given.name, scopes, given.days))
    except InvalidInput as error:
        sys.exit(
            f"The name, the days or the scopes can't be taken ({error.kind}). Scopes:"
            f" {', '.join(get_args(Scope))}."
        )
    except ParleyError as error:
        sys.exit(f"No token was made: {error.kind}.")
    print(f"Good until {token.expires_at:%d %B %Y}. It is not kept: copy it now.", file=sys.stderr)
    print(signer.sign(token))


if __name__ == "__main__":
    main()
