"""The root of our own: what it signs, what it may not sign, and when."""

import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tls.__main__ import main
from tls.authority import Authority
from tls.names import NotUsable, read_names

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`tls WORD` with these settings, as the container is told to."""
    for name, folder in (("TLS_DIR", "tls"), ("TLS_ROOT_DIR", "root")):
        monkeypatch.setenv(name, str(tmp_path / folder))

    def run(word: str = "sign", **settings: str) -> int:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.argv", ["tls", word])
        return main()

    return run


def current(tmp_path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((tmp_path / "tls" / "current.pem").read_bytes())


def verify(root: x509.Certificate, leaf: x509.Certificate, name: str) -> None:
    """As a browser does. Raises VerificationError."""
    try:
        subject: x509.DNSName | x509.IPAddress = x509.IPAddress(ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    PolicyBuilder().store(Store([root])).build_server_verifier(subject).verify(leaf, [])


def test_the_first_run_makes_a_root_and_signs_for_every_name_and_for_this_machine(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(PUBLIC_URL="https://Chat.Home:8443/x", TLS_NAMES="parley, 192.168.1.20 fd00::1") == 0
    root = x509.load_pem_x509_certificate((tmp_path / "tls" / "root.crt").read_bytes())
    names = ["chat.home", "parley", "192.168.1.20", "fd00::1", "localhost", "127.0.0.1", "::1"]
    for name in names:
        verify(root, current(tmp_path), name)
    with pytest.raises(VerificationError):
        verify(root, current(tmp_path), "other.home")
    told = capsys.readouterr().out
    assert f"signed a certificate for {', '.join(names)}" in told
    assert root.fingerprint(SHA256()).hex(":").upper() in told


@pytest.mark.parametrize("name", ["bank.example", "8.8.8.8", "2001:db8::1"])
def test_the_root_is_good_for_its_names_and_private_addresses_only(name: str) -> None:
    """Whoever steals its key can sign this, but nobody believes it."""
    authority = Authority.create(["parley.home"])
    stolen = ip_address(name) if name[0].isdigit() else name
    leaf = x509.load_pem_x509_certificate(authority.sign(["parley.home", stolen]))
    with pytest.raises(VerificationError):
        verify(authority.certificate, leaf, name)


def test_the_root_s_key_is_where_nginx_is_not_and_files_are_for_the_group(
    run: Run, tmp_path: Path
) -> None:
    run()
    key = (tmp_path / "root" / "root.pem").read_text().split("-----")[2]
    given = sorted((tmp_path / "tls").iterdir())
    assert [file.name for file in given] == ["current.pem", "root.crt"]
    for file in [*given, tmp_path / "root" / "root.pem"]:
        assert stat.S_IMODE(file.stat().st_mode) == 0o440
        assert (key in file.read_text()) == (file.name == "root.pem")


def test_it_signs_again_when_names_change_or_a_third_of_the_time_is_left(
    run: Run, tmp_path: Path
) -> None:
    run()
    first = current(tmp_path)
    run()
    assert current(tmp_path) == first
    run(TLS_NAMES="10.0.0.7")
    second = current(tmp_path)
    assert second != first
    authority = Authority.read((tmp_path / "root" / "root.pem").read_bytes())
    for days, is_due in ((240, False), (250, True)):
        begun = datetime.now(UTC) - timedelta(days=days)
        file = tmp_path / "tls" / "current.pem"
        file.unlink()
        file.write_bytes(authority.sign(read_names({"TLS_NAMES": "10.0.0.7"}), begun))
        before = current(tmp_path)
        run()
        assert (current(tmp_path) != before) == is_due


def test_a_name_that_the_root_doesn_t_cover_needs_another_root(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(TLS_NAMES="parley.home")
    before = current(tmp_path)
    assert run(TLS_NAMES="other.home") == 1
    assert "make another with `new-root`" in capsys.readouterr().out
    assert current(tmp_path) == before
    for _ in range(2):  # the second for the same names
        assert run("new-root") == 0
        root = x509.load_pem_x509_certificate((tmp_path / "tls" / "root.crt").read_bytes())
        verify(root, current(tmp_path), "other.home")


@pytest.mark.parametrize("name", ["8.8.8.8", "two words!", "-x", "a..b", "*"])
def test_what_is_no_name_and_what_is_public_is_refused(name: str) -> None:
    with pytest.raises(NotUsable, match="TLS"):
        read_names({"TLS_NAMES": name})
