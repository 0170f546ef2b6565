"""Where everything of one running Parley is: directories, ports, and each service's environment.

This is the one place where a service's settings come from without Docker; compose.yaml is its
counterpart. Anything else in the environment, or in `.env` as compose reads it, is passed on.
"""

import contextlib
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.dotenv import read_dotenv
from local.nginx import nginx
from local.ports import free_port, is_free
from local.postgres import postgres_bin
from local.say import Problem

ROOT = Path(__file__).resolve().parents[1]

# The services' default ports, the same as compose.dev.yaml publishes.
USUAL_PORTS = {
    "lm-api": 8000,
    "db-api": 8001,
    "chat-ui": 8002,
    "db": 8003,
    "embed": 8004,
    "answer": 8005,
    "vision": 8006,
}
VISION_MODEL = "smolvlm-500m-instruct-q8_0"  # as in compose.yaml
TLS_CHOICES = ("off", "files", "local")  # acme needs a public port 80: it is for Docker
SOCKET_PATH_LIMIT = 60  # of the 103 characters that macOS allows, leaving room for the names


@dataclass(frozen=True)
class Stack:
    """One Parley: `home` holds its data, secrets and logs, `port` is where a browser finds it."""

    home: Path
    address: str
    port: int

    @classmethod
    def from_environment(cls) -> "Stack":
        """Reads PARLEY_HOME, BIND and PORT. Raises Problem if PORT is no port."""
        settings = read_settings()
        home = Path(settings.get("PARLEY_HOME") or ROOT / ".cache" / "local").absolute()
        port = settings.get("PORT") or "8080"
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise Problem(f"PORT is '{port}'; choose a number, like: PORT=8081 make local")
        return cls(home, settings.get("BIND") or "127.0.0.1", int(port))

    @property
    def url(self) -> str:
        host = "localhost" if self.address in ("127.0.0.1", "0.0.0.0", "::") else self.address  # noqa: S104
        if self.tls != "off":
            return f"https://{host}:{self.tls_port}"
        return f"http://{host}:{self.port}"

    @property
    def tls(self) -> str:
        """`off`, `files` or `local`. Raises Problem for anything else."""
        chosen = read_settings().get("TLS") or "off"
        if chosen not in TLS_CHOICES:
            raise Problem(f"TLS is '{chosen}'; make local has {', '.join(TLS_CHOICES)}")
        return chosen

    @property
    def tls_port(self) -> int:
        """Where it answers encrypted; at `port` it then only leads there."""
        return int(read_settings().get("HTTPS_PORT") or 8443)

    @property
    def certificate(self) -> Path:
        """The one that nginx shows, with its key."""
        return self.home / "tls" / "current.pem"

    @property
    def embedding_model(self) -> str:
        """The one that embed is to serve; empty: there is no embed."""
        return read_settings().get("EMBED_MODEL", "")

    @property
    def answer_model(self) -> str:
        """The one that answer is to use; empty: there is no answer."""
        return read_settings().get("ANSWER_MODEL", "")

    @property
    def vision_model(self) -> str:
        """The one that vision is to serve; empty: there is no vision."""
        settings = read_settings()
        if settings.get("VISION", "off") in ("", "off"):
            return ""
        return settings.get("VISION_MODEL") or VISION_MODEL

    @property
    def logs(self) -> Path:
        return self.home / "log"

    @property
    def run(self) -> Path:
        """Pid files, sockets and generated configuration: worthless once everything has stopped."""
        return self.home / "run"

    @property
    def runners(self) -> Path:
        """Where chat-ui's runners hold their locks."""
        return self.run / "runners"

    @property
    def sockets(self) -> Path:
        """`run`. A temporary directory instead if that is too long for a socket's path, or closed
        to the users that PostgreSQL and nginx become when root starts them."""
        if len(str(self.run)) <= SOCKET_PATH_LIMIT and (os.geteuid() or _open_to_all(self.run)):
            return self.run
        mark = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"parley-{os.geteuid()}-{mark}"

    def pid_file(self, service: str) -> Path:
        return self.run / f"{service}.pid"

    def make_directories(self) -> None:
        for directory in (self.home, self.logs, self.run, self.runners):
            directory.mkdir(parents=True, exist_ok=True)
        # Logs of an earlier version were anybody's to read.
        self.logs.chmod(0o700)
        for log in self.logs.iterdir():
            log.chmod(0o600)

    @contextlib.contextmanager
    def directory_for_sockets(self) -> Iterator[None]:
        """Makes `sockets`, and removes it afterwards where it lies outside `home`."""
        self.sockets.mkdir(mode=0o755, exist_ok=True)
        if self.sockets.lstat().st_uid != os.geteuid():
            raise Problem(f"{self.sockets} belongs to somebody else; remove it or set TMPDIR")
        try:
            yield
        finally:
            if self.sockets != self.run:
                shutil.rmtree(self.sockets, ignore_errors=True)

    # --- ports -------------------------------------------------------------------------------

    def choose_ports(self) -> None:
        """Picks the inner services' ports and remembers them; a taken one is replaced.

        Without nginx chat-ui itself gets the published port.
        """
        ports: dict[str, int] = {}
        for service, usual in USUAL_PORTS.items():
            before = self._remembered_ports().get(service)
            # The usual ones are for the usual Parley; one beside it leaves them alone.
            wishes = [before, usual if self.port == 8080 else None]
            chosen = {self.port, self.tls_port, *ports.values()}  # for which nobody may listen yet
            free = (w for w in wishes if w and w not in chosen and is_free(w))
            ports[service] = next(free, None) or free_port(chosen)
        if nginx() is None:
            ports["chat-ui"] = self.port
        (self.run / "ports.json").write_text(json.dumps(ports))

    def ports(self) -> dict[str, int]:
        """The ports of this run."""
        return self._remembered_ports()

    def _remembered_ports(self) -> dict[str, int]:
        with contextlib.suppress(OSError, ValueError):
            return {
                str(k): int(v) for k, v in json.loads((self.run / "ports.json").read_text()).items()
            }
        return {}

    # --- settings ----------------------------------------------------------------------------

    def environment(self, service: str) -> dict[str, str]:
        """Everything `service`'s start script reads, on top of what the person has set."""
        ports, secrets = self.ports(), self.home / "secrets"
        defaults = {
            "LM_MODELS_DIR": str(ROOT / ".cache" / "models"),
            "LM_PROMPT_CACHE_DIR": str(self.home / "prompts"),
        }
        passed_on = defaults | read_settings()
        shared = {
            "PARLEY_HOME": str(self.home),
            "PYTHON": sys.executable,
            "PYTHONUNBUFFERED": "1",
            "HOST": "127.0.0.1",
            "DB_HOST": "127.0.0.1",
            "DB_PORT": str(ports["db"]),
            "DB_NAME": "parley",
            "DB_USER": "parley",
            "DB_PASSWORD_FILE": str(secrets / "db" / "password"),
            "DB_LOGINS_DIR": str(secrets / "db-logins"),
            "DB_API_URL": f"http://127.0.0.1:{ports['db-api']}",
            "DB_API_TOKEN_FILE": str(secrets / "db-api" / "token"),
            "DOC_WORKER_TOKEN_FILE": str(secrets / "doc-worker" / "token"),
            "LM_API_URL": f"http://127.0.0.1:{ports['lm-api']}",
            "LM_API_KEY_FILE": str(secrets / "lm-api" / "key"),
            "EMBED_KEY_FILE": str(secrets / "embed" / "key"),
            "ANSWER_KEY_FILE": str(secrets / "answer" / "key"),
            "VISION_KEY_FILE": str(secrets / "vision" / "key"),
            "COOKIE_KEY_FILE": str(secrets / "cookie" / "key"),
            "TOKEN_KEY_FILE": str(secrets / "tokens" / "key"),
            "RUNNERS_DIR": str(self.runners),
        }
        if self.embedding_model:  # else EMBED_URL may name a server of one's own
            shared["EMBED_URL"] = f"http://127.0.0.1:{ports['embed']}"
        if self.answer_model:
            shared["ANSWER_URL"] = f"http://127.0.0.1:{ports['answer']}"
        if self.vision_model:
            shared["VISION_URL"] = f"http://127.0.0.1:{ports['vision']}"
        return passed_on | shared | self._own(service, ports)

    def tls_environment(self) -> dict[str, str]:
        """What tls/start needs, also while nothing runs."""
        return {
            "PYTHON": sys.executable,
            "TLS_DIR": str(self.certificate.parent),
            "TLS_ROOT_DIR": str(self.home / "tls-root"),
        }

    def _own(self, service: str, ports: dict[str, int]) -> dict[str, str]:
        if service == "db":
            return {
                "PG_BIN": str(postgres_bin()),
                "PGDATA": str(self.home / "db"),
                "DB_SOCKET_DIR": str(self.sockets / "db"),
                "DB_LISTEN": "127.0.0.1",
            }
        if service == "doc-worker":
            return {"WORKER_FILE": str(self.run / "doc-worker.name")}
        if service == "nginx":
            listen = f"[{self.address}]" if ":" in self.address else self.address
            return {
                "LISTEN": f"{listen}:{self.port}",
                "CHAT_UI_HOST": "127.0.0.1",
                "CHAT_UI_PORT": str(ports["chat-ui"]),
                "RESOLVER": "",  # an address needs no looking up
                "NGINX_DIR": str(self.sockets / "nginx"),
                "LISTEN_TLS": f"{listen}:{self.tls_port}",
                "HTTPS_PORT": str(self.tls_port),
                "TLS_DIR": str(self.certificate.parent),
            }
        if service == "tls":
            return self.tls_environment()
        if service in ("embed", "vision"):
            embeds = service == "embed"
            # What is set for lm-api is not meant for it.
            theirs = ("LM_MODEL_URL", "LM_SLOTS", "LM_CONTEXT", "LM_BATCH", "LM_CACHE_RAM")
            return dict.fromkeys((*theirs, "LM_PROMPT_CACHE_DIR"), "") | {
                "LM_MODEL": self.embedding_model if embeds else self.vision_model,
                "LM_EMBEDDING" if embeds else "LM_VISION": "on",
                "LM_API_KEY_FILE": str(self.home / "secrets" / service / "key"),
                "PORT": str(ports[service]),
            }
        if service == "answer":
            fetched = {"LM_MODEL": self.answer_model, "LM_MODEL_URL": ""}
            return fetched | {"PORT": str(ports["answer"])}
        at_the_front = service == "chat-ui" and ports["chat-ui"] == self.port
        own = {"PORT": str(ports.get(service, self.port))}
        if service == "chat-ui":
            own["TIMINGS"] = "on"  # nginx passes none on
            if folder := read_settings().get("TOOLS_DIR"):
                own["TOOLS_DIR"] = str(ROOT / folder)
        if at_the_front:
            told = read_settings().get("TIMINGS") or "off"
            own |= {"HOST": self.address, "TIMINGS": told}
        return own


def read_settings() -> dict[str, str]:
    """What the person has set, in `.env` or in the environment."""
    return read_dotenv(ROOT / ".env") | dict(os.environ)


def _open_to_all(directory: Path) -> bool:
    """Whether any user may pass through `directory`, as far down as it exists."""
    return all(p.stat().st_mode & 0o001 for p in (directory, *directory.parents) if p.exists())
