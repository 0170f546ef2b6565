"""Certificates of a public authority, by the real client from a real (small) authority, through the
real gateway."""

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.stack import ROOT
from tests.nginx.gateway import Gateway, running_gateway
from tests.tls.authorities import Pebble, authority_that_limits, running_pebble

NAMES = ("chat.example.org", "www.example.org")
OLD = b"the certificate in use\n"
NOBODY = "https://127.0.0.1:9/dir"

Ask = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def pebble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    with running_pebble(tmp_path_factory.mktemp("pebble")) as authority:
        yield authority


@pytest.fixture(scope="module")
def tls_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the gateway and the client share."""
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def gateway(
    pebble: Pebble, tls_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """It starts without a certificate, as at the very first time."""
    settings = {"TLS": "acme", "TLS_DIR": str(tls_dir)}
    directory = tmp_path_factory.mktemp("gateway")
    with running_gateway(directory, 9, pebble.asks, **settings) as gateway:
        yield gateway


@pytest.fixture
def ask(pebble: Pebble, tls_dir: Path, tmp_path: Path) -> Ask:
    """acme/start, once, with these options of certbot's and these settings."""

    def ask(*options: str, **settings: str) -> subprocess.CompletedProcess[str]:
        usual = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "TLS": "acme",
            "TLS_DIR": str(tls_dir),
            "ACME_DIR": str(tmp_path / "acme"),
            "ACME_SERVER": pebble.url,
            "PUBLIC_URL": f"https://{NAMES[0]}/",
            "TLS_NAMES": NAMES[1],
            "REQUESTS_CA_BUNDLE": str(pebble.trusted),
            "NO_PROXY": "*",
        }
        return subprocess.run(
            [ROOT / "acme" / "start", *(options or ["--no-directory-hooks"])],
            env=os.environ | usual | settings,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return ask


def shown(gateway: Gateway, pebble: Pebble, name: str) -> str:
    """The serial number of the certificate that a browser sees under this name, and trusts."""
    context = ssl.create_default_context(cadata=pebble.root)
    address = ("127.0.0.1", gateway.tls_port)
    with (
        socket.create_connection(address, timeout=30) as connection,
        context.wrap_socket(connection, server_hostname=name) as encrypted,
    ):
        found = encrypted.getpeercert()
    assert found
    return str(found["serialNumber"])


def test_a_certificate_is_issued_for_every_name_and_kept_until_it_is_due(
    gateway: Gateway, pebble: Pebble, ask: Ask
) -> None:
    with pytest.raises(ssl.SSLError):
        shown(gateway, pebble, NAMES[0])
    issued = ask()
    assert issued.returncode == 0, issued.stdout
    assert "acme: a new certificate for" in issued.stdout
    first = shown(gateway, pebble, NAMES[0])
    assert shown(gateway, pebble, NAMES[1]) == first
    assert ask().stdout == ""
    assert shown(gateway, pebble, NAMES[0]) == first
    assert ask("--force-renewal").returncode == 0
    assert shown(gateway, pebble, NAMES[0]) != first


@pytest.mark.parametrize("before", [OLD, None], ids=["renewed", "first"])
@pytest.mark.parametrize("obstacle", ["refused", "unreachable", "rate-limited"])
def test_what_cannot_be_had_changes_nothing_and_is_said(
    pebble: Pebble, tls_dir: Path, tmp_path: Path, ask: Ask, obstacle: str, before: bytes | None
) -> None:
    current = tmp_path / "tls" / "current.pem"
    if before:
        current.parent.mkdir()
        current.write_bytes(before)
    # Nobody serves this directory, so the proof isn't found that is put there.
    mine = {"TLS_DIR": str(current.parent)}
    with authority_that_limits(pebble) as limiting:
        servers = {"refused": pebble.url, "unreachable": NOBODY, "rate-limited": limiting}
        done = ask(ACME_SERVER=servers[obstacle], **mine)
    assert done.returncode == 1
    said = {"refused": "unauthorized", "unreachable": "refused", "rate-limited": "too many"}
    assert said[obstacle] in done.stdout
    assert ("the one in use stays" if before else "https doesn't work") in done.stdout
    assert (current.read_bytes() if current.exists() else None) == before


def test_without_a_name_nothing_is_asked(ask: Ask) -> None:
    done = ask(PUBLIC_URL="", TLS_NAMES="", ACME_SERVER=NOBODY)
    assert (done.returncode, done.stderr) == (1, "")
    assert "PUBLIC_URL is empty" in done.stdout


def test_it_ends_at_once_where_it_isn_t_wanted(ask: Ask) -> None:
    for tls in ("off", "files", "local"):
        assert (ask(TLS=tls).returncode, ask(TLS=tls).stdout) == (0, "")
