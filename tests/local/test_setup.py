"""Setting up from nothing but Python: each thing that can be missing is explained in one line."""

import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import local.__main__
from local import setup, venv
from local.ports import free_port
from local.say import Problem
from local.stack import ROOT


def test_an_old_python_is_told_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    said = local.__main__.explain_what_is_missing()
    assert "needs Python 3.11 or newer" in said
    assert "make local PYTHON=" in said
    assert "\n" not in said


def test_windows_is_told_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", "nt")
        said = local.__main__.explain_what_is_missing()
    assert "On Windows use WSL" in said


def test_this_python_will_do() -> None:
    assert local.__main__.explain_what_is_missing() == ""


def test_setting_up_needs_nothing_but_the_standard_library() -> None:
    """`-I -S`: no site-packages, no environment; as on a machine that has only Python."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import local.__main__, local.setup"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_venv_module_is_explained(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian's python3 comes without ensurepip; the package that brings it is named."""
    monkeypatch.setattr(venv, "find_spec", lambda name: None if name == module else object())
    with pytest.raises(Problem, match=r"apt install python3\.\d+-venv"):
        venv.ensure_venv(tmp_path / "venv", [])


def test_a_venv_that_can_not_be_made_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "false")
    with pytest.raises(Problem, match="can't make"):
        venv.ensure_venv(tmp_path / "venv", [])


def test_setting_up_alone_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "ensure_venv", lambda *_: Path("python"))
    monkeypatch.setattr(os, "execv", lambda *_: pytest.fail("it was started"))
    assert (setup.main(["setup"]), setup.main(["all"])) == (0, 2)


def test_an_unreachable_package_index_is_explained_and_the_next_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{free_port()}/simple")
    wanted = tmp_path / "part" / "requirements.txt"
    wanted.parent.mkdir()
    wanted.write_text(f"supervisor==4.3.0 --hash=sha256:{'0' * 64}\n")
    place = tmp_path / "venv"

    with pytest.raises(Problem, match="can't reach Python's package index"):
        venv.ensure_venv(place, [wanted])

    wanted.write_text("# nothing any more\n")
    python = venv.ensure_venv(place, [wanted])
    subprocess.run([python, "-c", "pass"], check=True)
    # Set up already: nothing is installed a second time.
    monkeypatch.setattr(venv, "_install", lambda *_: pytest.fail("installed again"))
    assert venv.ensure_venv(place, [wanted]) == python


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("Could not fetch URL: ProxyError('Cannot connect to proxy.')", "HTTPS_PROXY"),
        ("ERROR: No matching distribution found for xllamacpp", "no ready-made wheel"),
        ("The virtual environment was not created because ensurepip is not available", "apt"),
    ],
)
def test_what_pip_and_venv_say_becomes_one_line_of_advice(words: str, advice: str) -> None:
    said = venv._explain(f"Collecting xllamacpp\n{words}\n")
    assert said is not None
    assert advice in said
    assert "\n" not in said


def test_what_several_parts_need_is_pinned_alike() -> None:
    """Else they can't be installed together, as `make setup` does."""
    pins: dict[str, dict[frozenset[str], str]] = defaultdict(dict)
    for file in ROOT.glob("*/requirements.txt"):
        versions = defaultdict(set)
        for name, version in re.findall(r"^([\w.-]+)==([^ ;]+)", file.read_text(), re.MULTILINE):
            versions[name].add(version)
        for name, some in versions.items():
            pins[name][frozenset(some)] = file.parent.name
    assert {name: parts for name, parts in pins.items() if len(parts) > 1} == {}
