"""What the gateway promises of encrypted connections, seen through the real nginx."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.ports import free_port
from tests.nginx.gateway import Gateway, running_gateway
from tests.nginx.offers import SUITES, find_offers
from tests.nginx.upstream import Upstream
from tls.authority import Authority
from tls.names import read_names

NAMES = read_names({"TLS_NAMES": "parley.home"})
HSTS = "strict-transport-security"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create(NAMES)


@pytest.fixture
def certificates(tmp_path: Path, authority: Authority) -> Path:
    """The directory that nginx reads."""
    directory = tmp_path / "certificates"
    directory.mkdir()
    (directory / "current.pem").write_bytes(authority.sign(NAMES))
    (directory / "root.crt").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    return directory


@pytest.fixture
def encrypted(
    needs_nginx: None, tmp_path: Path, upstream: Upstream, certificates: Path
) -> Iterator[Gateway]:
    """nginx with a certificate."""
    settings = {"TLS": "local", "TLS_DIR": str(certificates)}
    with running_gateway(tmp_path, upstream.server_port, **settings) as gateway:
        yield gateway


@pytest.fixture
def trusting(authority: Authority) -> ssl.SSLContext:
    """As a browser that has the root certificate."""
    pem = authority.certificate.public_bytes(Encoding.PEM).decode()
    return ssl.create_default_context(cadata=pem)


@pytest.fixture
def secure_client(encrypted: Gateway, trusting: ssl.SSLContext) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=encrypted.tls_url, verify=trusting, http2=True, timeout=60
    ) as browser:
        yield browser


def serial(gateway: Gateway, trusting: ssl.SSLContext) -> str:
    """Of the certificate that a new connection is shown."""
    with (
        httpx.Client(verify=trusting) as client,
        client.stream("GET", f"{gateway.tls_url}/") as response,
    ):
        shown = response.extensions["network_stream"].get_extra_info("ssl_object").getpeercert()
    return str(shown["serialNumber"])


def test_many_streams_pass_word_by_word_on_one_connection(
    secure_client: httpx.Client, upstream: Upstream
) -> None:
    """HTTP/2: an open tab costs none of the six connections that a browser has for HTTP/1.1."""
    with secure_client.stream("GET", "/chats/some-id/events") as response:
        for number, chunk in enumerate(response.iter_raw()):
            assert chunk == f"data: word {number}\n\n".encode()
            assert secure_client.get("/").status_code == 200
            upstream.next_word.release()
    assert (number, response.http_version) == (3, "HTTP/2")
    assert upstream.seen[0].headers["X-Forwarded-Proto"] == "https"
    assert upstream.seen[0].headers["Host"] == secure_client.base_url.netloc.decode()


def test_a_renewed_certificate_is_shown_at_once_and_no_stream_breaks(
    encrypted: Gateway,
    secure_client: httpx.Client,
    upstream: Upstream,
    trusting: ssl.SSLContext,
    certificates: Path,
    authority: Authority,
) -> None:
    with secure_client.stream("GET", "/chats/some-id/events") as response:
        words = response.iter_raw()
        next(words)
        before = serial(encrypted, trusting)
        renewed = certificates / "renewed.pem"
        renewed.write_bytes(authority.sign(NAMES))
        renewed.replace(certificates / "current.pem")
        assert serial(encrypted, trusting) != before
        upstream.next_word.release(4)
        assert b"".join(words).count(b"word") == 3


@pytest.mark.parametrize("at", ["the port for http", "the port for https"])
def test_plain_http_leads_to_https_and_takes_a_form_along(encrypted: Gateway, at: str) -> None:
    plain = encrypted.tls_url.replace("https", "http")
    for method in ("GET", "POST"):
        url = encrypted.url if at == "the port for http" else plain
        response = httpx.request(method, f"{url}/chats/x?before=1")
        assert response.status_code == 308
        assert response.headers["location"] == f"{encrypted.tls_url}/chats/x?before=1"
        assert HSTS not in response.headers
        assert "content-security-policy" in response.headers


def test_the_usual_port_for_https_is_in_no_address(
    needs_nginx: None, tmp_path: Path, upstream: Upstream, certificates: Path
) -> None:
    settings = {"TLS": "local", "TLS_DIR": str(certificates), "HTTPS_PORT": "443"}
    with running_gateway(tmp_path, upstream.server_port, **settings) as gateway:
        for port in (gateway.url, gateway.tls_url.replace("https", "http")):
            assert httpx.get(f"{port}/x").headers["location"] == "https://127.0.0.1/x"


def test_what_comes_before_trust_is_there_over_plain_http(
    encrypted: Gateway, certificates: Path, upstream: Upstream, trusting: ssl.SSLContext
) -> None:
    challenges = certificates / "challenges" / ".well-known" / "acme-challenge"
    challenges.mkdir(parents=True)
    (challenges / "token").write_text("token.thumbprint")
    asked = httpx.get(f"{encrypted.url}/.well-known/acme-challenge/token")
    assert (asked.status_code, asked.text) == (200, "token.thumbprint")
    listed = httpx.get(f"{encrypted.tls_url}/.well-known/acme-challenge/", verify=trusting)
    assert (listed.status_code, "<center>" in listed.text) == (403, False)
    assert "content-security-policy" in listed.headers
    root = httpx.get(f"{encrypted.url}/certificate/parley.crt")
    assert root.content == (certificates / "root.crt").read_bytes()
    assert root.headers["content-type"] == "application/x-x509-ca-cert"
    assert root.headers["cache-control"] == "no-store"
    assert "content-security-policy" in root.headers
    for path in ("/certificate", "/certificate/linux", "/static/style.css"):
        page = httpx.get(encrypted.url + path)
        assert page.status_code == 200
        assert "content-security-policy" not in page.headers, "it has its own"
    assert len(upstream.seen) == 3


def rsa_certificate() -> bytes:
    """Its own issuer. With an RSA key, a server could also do without forward secrecy."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(1))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem + builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize("key", ["ECDSA", "RSA"])
def test_protocols_and_ciphers_are_what_mozilla_calls_intermediate(
    encrypted: Gateway, certificates: Path, key: str
) -> None:
    if key == "RSA":
        (certificates / "current.pem").write_bytes(rsa_certificate())
    strong = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    assert find_offers(encrypted.tls_port) == {
        "TLSV1_2": {f"ECDHE-{key}-{cipher}" for cipher in strong},
        "TLSV1_3": set(SUITES),
    }


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"TLS": "local"}, None),
        ({"TLS": "local", "TLS_OFF_SOON": "on"}, None),
        ({"TLS": "files"}, None),
        ({"TLS": "files", "HSTS": "on"}, "max-age=31536000"),
        ({"TLS": "acme"}, "max-age=31536000"),
        ({"TLS": "acme", "HSTS": "off"}, None),
        ({"TLS": "acme", "TLS_OFF_SOON": "on"}, "max-age=0"),
    ],
    ids=str,
)
def test_only_with_a_public_certificate_browsers_are_told_to_insist_on_https(
    needs_nginx: None,
    tmp_path: Path,
    upstream: Upstream,
    certificates: Path,
    trusting: ssl.SSLContext,
    settings: dict[str, str],
    told: str | None,
) -> None:
    settings["TLS_DIR"] = str(certificates)
    paths = ("/", "/generate/x", "/documents", "/chats/x/events", "/static/x", "/nginx-health")
    with running_gateway(tmp_path, upstream.server_port, **settings) as gateway:
        for path in paths:
            with httpx.stream("GET", gateway.tls_url + path, verify=trusting) as response:
                assert response.status_code == 200
                assert response.headers.get(HSTS) == told


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"TLS": "yes"}, "TLS is 'yes'"),
        ({"TLS": "local", "LISTEN_TLS": ""}, r"needs compose\.tls\.yaml"),
        ({"TLS": "local", "HSTS": "on"}, "HSTS=on is for public certificates"),
        ({"TLS": "acme", "HSTS": "always"}, "HSTS is 'always'"),
        ({"TLS": "local", "HTTPS_PORT": "x"}, "HTTPS_PORT"),
        *(({"TLS": "local", "TLS_DIR": f"/x{sign}"}, "TLS_DIR") for sign in '"#$;&\\{}'),
        ({"TLS": "local", "LISTEN_TLS": "1; }"}, "LISTEN_TLS"),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_is_refused(
    tmp_path: Path, settings: dict[str, str], reason: str
) -> None:
    with pytest.raises(RuntimeError, match=reason), running_gateway(tmp_path, 80, **settings):
        pass


def test_when_tls_is_turned_off_nothing_of_it_is_left(
    needs_nginx: None, tmp_path: Path, upstream: Upstream, certificates: Path
) -> None:
    settings, port = {"TLS": "local", "TLS_DIR": str(certificates)}, free_port()
    with running_gateway(tmp_path, upstream.server_port, port, **settings) as gateway:
        assert httpx.get(f"{gateway.url}/").status_code == 308
    with running_gateway(tmp_path, upstream.server_port, port) as gateway:
        assert httpx.get(f"{gateway.url}/").status_code == 200


def test_no_key_for_sessions_outlives_forward_secrecy(encrypted: Gateway) -> None:
    """As one would that encrypts what clients bring back of their own keys (session tickets)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        socket.create_connection(("127.0.0.1", encrypted.tls_port), timeout=60) as connection,
        context.wrap_socket(connection) as secured,
    ):
        assert secured.session is not None
        assert not secured.session.has_ticket


def test_over_plain_http_too_only_the_container_itself_is_told_whether_it_is_well(
    encrypted: Gateway,
) -> None:
    health = "GET /nginx-health HTTP/1.0"
    asked = [encrypted.ask(health, source) for source in ("127.0.0.1", "127.0.0.2")]
    assert [answer.status_code for answer in asked] == [200, 404]
