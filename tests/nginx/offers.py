"""Which ciphers a server takes, by protocol, asked by nassl: it has OpenSSL built in, a current one
and one so old that it still speaks what nobody should."""

import socket

from nassl._nassl import OpenSSLError
from nassl.legacy_ssl_client import LegacySslClient
from nassl.ssl_client import OpenSslVerifyEnum, OpenSslVersionEnum, SslClient

Version = OpenSslVersionEnum
CLIENTS: dict[Version, tuple[type[SslClient] | type[LegacySslClient], ...]] = {
    Version.SSLV2: (LegacySslClient,),
    Version.SSLV3: (LegacySslClient,),
    Version.TLSV1: (LegacySslClient, SslClient),
    Version.TLSV1_1: (LegacySslClient, SslClient),
    Version.TLSV1_2: (LegacySslClient, SslClient),
    Version.TLSV1_3: (SslClient,),
}
SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]


def find_offers(port: int) -> dict[str, set[str]]:
    """Ciphers by the name of each protocol of which the server speaks at all."""
    found = {
        version.name: {name for client in clients for name in _ask_for_all(port, client, version)}
        for version, clients in CLIENTS.items()
    }
    return {version: ciphers for version, ciphers in found.items() if ciphers}


def _ask_for_all(
    port: int, kind: type[SslClient] | type[LegacySslClient], version: Version
) -> set[str]:
    """Offers all, then all but those that were chosen, until none is."""
    chosen: set[str] = set()
    while name := _ask(port, kind, version, chosen):
        assert name not in chosen
        chosen.add(name)
    return chosen


def _ask(
    port: int,
    kind: type[SslClient] | type[LegacySslClient],
    version: Version,
    besides: set[str],
) -> str:
    """The cipher that the server chooses; empty if it refuses."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        client = kind(connection, version, OpenSslVerifyEnum.NONE)
        if isinstance(client, SslClient) and version == Version.TLSV1_3:
            suites = [suite for suite in SUITES if suite not in besides]
            if not suites:
                return ""
            client.set_ciphersuites(":".join(suites))
        else:
            client.set_cipher_list(":".join(["ALL:COMPLEMENTOFALL", *(f"!{c}" for c in besides)]))
        try:
            client.do_handshake()
        except (OpenSSLError, OSError):
            return ""
        return client.get_current_cipher_name()
