"""What nginx reads: `current.pem`, a key with its chain of certificates, always whole."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from tls.names import Name, NotUsable

CURRENT = "current.pem"
ROOT = "root.crt"  # for download


def replace(file: Path, content: bytes) -> None:
    """Readers see the old file or the new one. The group may read: nginx is in it."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440)
    with open(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)


def is_due(file: Path, names: Sequence[Name], root: x509.Certificate) -> bool:
    """Whether that certificate is missing, of another root, for other names, or in the last third
    of its life."""
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        certificate.verify_directly_issued_by(root)
        known_as = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return True
    if {name.value for name in known_as} != set(names):
        return True
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return datetime.now(UTC) > end - (end - begin) / 3


def check(pem: bytes) -> tuple[bytes, x509.Certificate]:
    """A key and its chain, in any order, as one file for nginx; the server's certificate. Raises
    NotUsable."""
    try:
        key = load_pem_private_key(pem, None)
        chain = x509.load_pem_x509_certificates(pem)
    except TypeError:
        raise NotUsable("the key has a password; nginx needs it without") from None
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotUsable(f"this is not a key and its certificates, in PEM: {error}") from None
    wanted = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    first = chain[0].public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if first != wanted:
        raise NotUsable("the key is not that of the first certificate")
    if chain[0].not_valid_after_utc < datetime.now(UTC):
        raise NotUsable(f"the certificate ended on {chain[0].not_valid_after_utc:%d %b %Y}")
    whole = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return whole + b"".join(one.public_bytes(Encoding.PEM) for one in chain), chain[0]
