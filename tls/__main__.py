"""`python -m tls sign` for TLS=local, `python -m tls install` for TLS=files, which reads standard
input; `python -m tls new-root` when the root doesn't cover a new name. README.md has the settings.
"""

import os
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tls.authority import Authority
from tls.names import NotUsable, read_names
from tls.store import CURRENT, ROOT, check, is_due, replace


def sign(directory: Path, root_file: Path) -> None:
    """A certificate for the names that are set, if that in use is due; a root, if there is none."""
    names = read_names(os.environ)
    if root_file.exists():
        authority = read_authority(root_file)
    else:
        authority = Authority.create(names)
        replace(root_file, authority.write())
        say("made a root certificate")
    say(f"the root certificate's SHA-256 is {fingerprint(authority.certificate)}")
    if not authority.covers(names):
        raise NotUsable(
            f"the root certificate doesn't cover {', '.join(map(str, names))}; make another with"
            " `new-root`, and install it on every device again"
        )
    replace(directory / ROOT, authority.certificate.public_bytes(Encoding.PEM))
    if is_due(directory / CURRENT, names, authority.certificate):
        replace(directory / CURRENT, authority.sign(names))
        say(f"signed a certificate for {', '.join(map(str, names))}")


def read_authority(file: Path) -> Authority:
    """Raises NotUsable."""
    try:
        return Authority.read(file.read_bytes())
    except ValueError as error:
        raise NotUsable(f"{file} is not a root certificate with its key: {error}") from None


def install(directory: Path) -> None:
    """Your own certificate, from standard input; the one in use stays if something is wrong."""
    content, certificate = check(sys.stdin.buffer.read())
    replace(directory / CURRENT, content)
    say(f"installed, until {certificate.not_valid_after_utc:%d %b %Y}; new connections use it")


def fingerprint(certificate: x509.Certificate) -> str:
    """As systems show it before they trust it."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def say(text: str) -> None:
    print(f"tls: {text}", flush=True)


def main() -> int:
    """Whatever is wrong is one line."""
    directory = Path(os.environ.get("TLS_DIR") or "/run/tls")
    root_file = Path(os.environ.get("TLS_ROOT_DIR") or "/run/tls-root") / "root.pem"
    try:
        for needed in (directory, root_file.parent):
            needed.mkdir(parents=True, exist_ok=True)
        match sys.argv[1:]:
            case ["sign"]:
                sign(directory, root_file)
            case ["new-root"]:
                root_file.unlink(missing_ok=True)
                sign(directory, root_file)
            case ["install"]:
                install(directory)
            case _:
                say("usage: sign, install or new-root")
                return 2
    except NotUsable as error:
        say(f"{error}. The certificate in use stays.")
        return 1
    except OSError as error:
        say(f"can't continue: {error.strerror or error} {error.filename or ''}".rstrip())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
