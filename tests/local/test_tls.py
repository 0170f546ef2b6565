"""`make local` with TLS."""

import os
import signal
import socket
import ssl
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest

from local import certificate
from local.nginx import nginx
from local.ports import free_port
from local.prepare import prepare_tls
from local.run import Runner
from local.say import Problem
from local.stack import ROOT, Stack
from tests.support.local_stack import LocalStack


def test_it_signs_a_certificate_and_answers_encrypted() -> None:
    if not nginx():
        assert not os.environ.get("CI"), "CI needs nginx"
        pytest.skip("no nginx here (Debian: apt install nginx-light)")
    port = free_port()
    with LocalStack(TLS="local", HTTPS_PORT=str(port)) as parley:
        trusting = ssl.create_default_context(cafile=parley.home / "tls" / "root.crt")
        with httpx.Client(verify=trusting, follow_redirects=True) as browser:
            page = browser.get(parley.url)
            assert (page.status_code, str(page.url)) == (200, f"https://localhost:{port}/")
            assert browser.get(f"{parley.url}/certificate/linux").history == []
            browser.post(str(page.url) + "chats", data={"username": "Ann"})
            assert list(browser.cookies) == ["__Host-parley"]
        assert f"the pages are at https://localhost:{port}" in parley.output()
        assert "the root certificate's SHA-256 is" in parley.output()


def test_only_with_tls_local_there_is_somebody_who_signs(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tls, signs in (("off", False), ("files", False), ("local", True)):
        monkeypatch.setenv("TLS", tls)
        runner = Runner(stack)
        signal.set_wakeup_fd(-1)
        for tail in runner._tails:
            tail.close()
        assert ("tls" in runner.services) == signs
        assert stack.url.startswith("http://" if tls == "off" else "https://")
    assert "TLS_ROOT_DIR" in stack.environment("tls")
    assert "TLS_ROOT_DIR" not in stack.environment("nginx")
    assert stack.environment("nginx")["TLS_DIR"] == stack.environment("tls")["TLS_DIR"]


def test_your_own_certificate_goes_where_nginx_looks(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARLEY_HOME", str(stack.home))
    monkeypatch.setattr("os.execve", become := Mock())
    monkeypatch.setattr("sys.argv", ["certificate", "install"])
    certificate.main()
    ((script, words, told),) = [call.args for call in become.call_args_list]
    assert (script, words[1:]) == (str(ROOT / "tls" / "start"), ["install"])
    assert told["TLS_DIR"] == str(stack.certificate.parent)


@pytest.mark.parametrize(
    ("tls", "found", "reason"),
    [
        ("acme", "nginx", "make local has off, files, local"),
        ("local", None, "apt install nginx-light"),
        ("files", "nginx", "make certificate"),
    ],
)
def test_what_is_missing_is_explained(
    stack: Stack,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    tls: str,
    found: str | None,
    reason: str,
) -> None:
    monkeypatch.setenv("TLS", tls)
    monkeypatch.setattr("local.prepare.nginx", lambda: found)
    monkeypatch.setenv("HTTPS_PORT", str(free_port()))
    with pytest.raises(Problem, match=reason):
        prepare_tls(stack)
    if tls == "files":
        stack.certificate.parent.mkdir()
        stack.certificate.touch()
        prepare_tls(stack)
        with socket.create_server((stack.address, 0)) as other:
            monkeypatch.setenv("HTTPS_PORT", str(port := other.getsockname()[1]))
            with pytest.raises(Problem, match=f"HTTPS_PORT={port + 1}"):
                prepare_tls(stack)
