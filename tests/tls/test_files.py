"""A certificate that somebody brings."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tls.__main__ import main
from tls.authority import Authority

ROOT = Authority.create(["chat.example"])
GOOD = ROOT.sign(["chat.example"])
CHAIN = GOOD + ROOT.certificate.public_bytes(Encoding.PEM)


def install(pem: bytes, directory: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """As `tls install` reads it."""
    monkeypatch.setenv("TLS_DIR", str(directory / "tls"))
    monkeypatch.setenv("TLS_ROOT_DIR", str(directory / "root"))
    monkeypatch.setattr("sys.argv", ["tls", "install"])
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(pem)))
    return main()


def split(pem: bytes) -> tuple[bytes, bytes]:
    """The key, and what follows."""
    end = b"-----END PRIVATE KEY-----\n"
    key, rest = pem.split(end)
    return key + end, rest


def test_key_and_chain_are_installed_whatever_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key, chain = split(CHAIN)
    assert install(chain + key, tmp_path, monkeypatch) == 0
    installed = (tmp_path / "tls" / "current.pem").read_bytes()
    assert installed == key + chain
    assert len(x509.load_pem_x509_certificates(installed)) == 2
    assert "installed, until" in capsys.readouterr().out


def _with_password() -> bytes:
    key, chain = split(CHAIN)
    encryption = BestAvailableEncryption(b"secret")
    private = load_pem_private_key(key, None)
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption) + chain


@pytest.mark.parametrize(
    ("pem", "reason"),
    [
        (split(GOOD)[0] + split(ROOT.sign(["chat.example"]))[1], "not that of the first"),
        (ROOT.sign(["chat.example"], datetime.now(UTC) - timedelta(days=400)), "ended on"),
        (_with_password(), "has a password"),
        (split(GOOD)[0], "not a key and its certificates"),
        (split(GOOD)[1], "not a key and its certificates"),
        (b"", "not a key and its certificates"),
    ],
    ids=["another key", "expired", "password", "no certificate", "no key", "nothing"],
)
def test_what_nginx_could_not_use_is_refused_and_the_one_in_use_stays(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pem: bytes,
    reason: str,
) -> None:
    install(GOOD, tmp_path, monkeypatch)
    assert install(pem, tmp_path, monkeypatch) == 1
    told = capsys.readouterr().out
    assert reason in told
    assert "The certificate in use stays." in told
    assert (tmp_path / "tls" / "current.pem").read_bytes() == GOOD
