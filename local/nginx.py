"""nginx or none: whether `make local` puts a gateway in front of chat-ui. `run.py` starts what is
chosen, and `stack.py` gives chat-ui the public port where there is none."""

import os
import shutil


def nginx() -> str | None:
    """nginx's path, or None. Debian keeps it where only root's PATH leads. `NGINX=off` does
    without, though there is one."""
    if os.environ.get("NGINX") == "off":
        return None
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
