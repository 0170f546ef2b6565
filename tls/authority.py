"""A certificate authority of our own, for names that no public one knows.

Its root may sign for the names it was made for and for private addresses, and for nothing else
(RFC 5280, 4.2.1.10): who stole its key could not pretend to be anybody's bank.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tls.names import Name

ROOT_DAYS = 3650
LEAF_DAYS = 365  # Apple's systems take 825 of a root that was installed by hand
BACKDATED = timedelta(hours=1)  # clocks differ
PRIVATE = [
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"),
    *("fc00::/7", "fe80::/10", "::1/128"),
]


class Authority:
    """A root: its certificate and its key."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate, self._key = certificate, key

    @classmethod
    def create(cls, names: Sequence[Name]) -> "Authority":
        """A new one, for these names and for private addresses."""
        now = datetime.now(UTC)
        key = ec.generate_private_key(ec.SECP256R1())
        title = x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, f"Parley's own root, {now:%d %b %Y %H:%M}")]
        )
        permitted: list[x509.GeneralName] = [x509.DNSName(n) for n in names if isinstance(n, str)]
        permitted += [x509.IPAddress(ip_network(network)) for network in PRIVATE]
        certificate = (
            _begin(title, title, key, now, ROOT_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.NameConstraints(permitted, None), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def read(cls, pem: bytes) -> "Authority":
        """As `write` has written it. Raises ValueError."""
        key = load_pem_private_key(pem, None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError("not a key of ours")
        return cls(x509.load_pem_x509_certificate(pem), key)

    def write(self) -> bytes:
        """Key and certificate."""
        return write_key(self._key) + self.certificate.public_bytes(Encoding.PEM)

    def covers(self, names: Sequence[Name]) -> bool:
        """Whether it may sign for them."""
        found = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        permitted = {name.value for name in found.permitted_subtrees or ()}
        return all(name in permitted for name in names if isinstance(name, str))

    def sign(self, names: Sequence[Name], now: datetime | None = None) -> bytes:
        """A server's new key and its certificate for these names, in one PEM file."""
        now = now or datetime.now(UTC)
        key = ec.generate_private_key(ec.SECP256R1())
        title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Parley")])
        issuer = self.certificate.subject
        own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        known_as = [x509.DNSName(n) if isinstance(n, str) else x509.IPAddress(n) for n in names]
        certificate = (
            _begin(title, issuer, key, now, LEAF_DAYS)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(known_as), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        return write_key(key) + certificate.public_bytes(Encoding.PEM)


def write_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _begin(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now - BACKDATED + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
