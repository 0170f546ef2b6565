"""Certificates, without Docker: `python -m local.certificate install` (`make certificate`) puts
your own in place, for TLS=files; `new-root` (`make new-root`) makes another root, for TLS=local."""

import os
import sys

from local.stack import ROOT, Stack, read_settings


def main() -> None:
    """Becomes tls/start, which reads standard input and says what it has done."""
    script = str(ROOT / "tls" / "start")
    environment = read_settings() | Stack.from_environment().tls_environment()
    os.execve(script, [script, *sys.argv[1:]], environment)


if __name__ == "__main__":
    main()
