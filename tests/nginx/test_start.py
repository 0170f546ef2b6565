"""What `nginx/start` makes of its settings, and that it writes nowhere else."""

import os
import subprocess
from pathlib import Path

import pytest

from local.stack import ROOT
from tests.nginx.gateway import Gateway, running_gateway


def test_it_writes_only_into_its_own_directory(gateway: Gateway, tmp_path: Path) -> None:
    made = {path.name for path in (tmp_path / "run").iterdir()}
    names = {"nginx.conf", "headers.conf", "nginx.pid", "pages", "tls", "tmp", "cache"}
    assert made == names
    spools = {"body", "proxy", "fastcgi", "uwsgi", "scgi"}
    assert {path.name for path in (tmp_path / "run" / "tmp").iterdir()} == spools
    assert gateway.program.end() == 0


@pytest.mark.parametrize("allowed", [1000, 1024])
def test_it_asks_for_no_more_open_files_than_it_may_have(
    needs_nginx: None, tmp_path: Path, allowed: int
) -> None:
    nowhere = {"NGINX_DIR": str(tmp_path), "LISTEN": "256.0.0.1:1"}  # so it ends at once
    command = f"ulimit -n {allowed} && exec {ROOT}/nginx/start"
    subprocess.run(["sh", "-c", command], env=os.environ | nowhere, timeout=60)
    assert f"worker_rlimit_nofile {allowed};" in (tmp_path / "nginx.conf").read_text()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MESSAGE_LIMIT", "1;"),
        ("MESSAGE_LIMIT", "9" * 16),
        ("CHAT_UI_PORT", "x"),
        ("DOCUMENTS_QUOTA", "1 GB"),
        ("CHAT_UI_HOST", "a b; }"),
        ("LISTEN", "80;\nx"),
        ("RESOLVER", "#"),
        ("TIMINGS", "yes"),
        ("PEOPLE_PER_ADDRESS", "many"),
        ("OUTER_PROXIES", "*"),
        ("OUTER_PROXIES", "10.0.0.1,0.0.0.0/0"),
        ("OUTER_PROXIES", "0.0.0.0/0,10.0.0.1"),
        ("OUTER_PROXIES", "::/0 10.0.0.1"),
        ("OUTER_PROXIES", "10.0.0.1; }"),
    ],
)
def test_a_setting_that_is_no_setting_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(RuntimeError, match=name), running_gateway(tmp_path, 80, **{name: value}):
        pass
