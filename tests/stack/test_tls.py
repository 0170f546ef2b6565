"""compose.tls.yaml on top of compose.yaml: it answers encrypted, and who signs is on its own."""

import contextlib
import ssl
from collections.abc import Iterator

import httpx
import pytest

from local.ports import free_port
from local.stack import ROOT
from tests.stack.stack import Stack, run
from tests.support.waiting import answers, wait_until

ADDED = ("tls", "acme")


@pytest.fixture
def encrypted(stack: Stack) -> Iterator[Stack]:
    """The same project with TLS=local; afterwards as before."""
    port = free_port()
    own = {"TLS": "local", "TLS_NAMES": "parley.local", "HTTPS_PORT": str(port)}
    before = dict(stack.env)
    stack.env |= own
    with_tls = ("-f", str(ROOT / "compose.tls.yaml"))
    try:
        stack.compose(*with_tls, "up", "--detach", "--build", "--no-deps", "nginx", *ADDED)
        yield stack
    finally:
        stack.compose(*with_tls, "rm", "--stop", "--force", *ADDED)
        stack.env = before
        stack.compose("up", "--detach", "--no-deps", "nginx")
        wait_until(lambda: answers(f"{stack.url}/health"))
        volumes = ("tls", "tls-root", "acme")
        run("docker", "volume", "rm", *(f"{stack.project}_{volume}" for volume in volumes))


def test_with_tls_it_answers_encrypted_and_only_who_signs_has_the_root_s_key(
    encrypted: Stack,
) -> None:
    def read_root() -> str:
        both = "cat /run/tls/root.crt && test -e /run/tls/current.pem"
        return encrypted.shell("nginx", both).stdout

    context = ssl.create_default_context(cadata=wait_until(read_root))
    address = f"https://localhost:{encrypted.env['HTTPS_PORT']}"

    def is_up() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{address}/health", verify=context).status_code == 200
        return False

    wait_until(is_up)
    (signs,), (asks,) = encrypted.inspect("tls"), encrypted.inspect("acme")
    mounted = {mount["Destination"] for mount in signs["Mounts"]}
    assert mounted == {"/run/tls", "/run/tls-root"}
    assert signs["HostConfig"]["NetworkMode"] == "none"
    wait_until(lambda: encrypted.state("acme")["Status"] == "exited")
    assert encrypted.state("acme")["ExitCode"] == 0
    assert {mount["Destination"] for mount in asks["Mounts"]} == {"/run/tls", "/run/acme"}
    (nginx,) = encrypted.inspect("nginx")
    assert [m["RW"] for m in nginx["Mounts"] if m["Destination"] == "/run/tls"] == [False]
