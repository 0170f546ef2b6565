"""What Parley is made of is listed in full, its images can be held to their content, and what can't
be checked is said to be unchecked."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from local.stack import ROOT
from supply import audit
from supply.inventory import list_parts, read_images, read_packages, read_vendored
from supply.pin import pin
from supply.sbom import make_sbom

DIGEST = f"sha256:{'ab' * 32}"


@pytest.fixture(scope="module")
def sbom() -> Any:
    return json.loads(make_sbom())


def test_the_bill_of_materials_is_cyclonedx() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(make_sbom()) is None


def test_it_has_every_pinned_package_by_name_version_and_hashes(sbom: Any) -> None:
    by_address = {component.get("purl"): component for component in sbom["components"]}
    needed = {item["ref"]: set(item.get("dependsOn", [])) for item in sbom["dependencies"]}
    for file in ROOT.glob("*/requirements.txt"):
        text = file.read_text()
        pins = re.findall(r"^(\S+)==([^\s;]+)", text, re.M)
        addresses = {f"pkg:pypi/{name}@{version}" for name, version in pins}
        assert addresses <= needed[f"parley/{file.parent.name}"]
        hashes = {h["content"] for a in addresses for h in by_address[a]["hashes"]}
        assert hashes == set(re.findall("sha256:([0-9a-f]+)", text))
    assert "parley/chat-ui" in needed["parley"]


def test_it_has_every_vendored_file_with_its_hash_and_licence(sbom: Any) -> None:
    listed = {
        component["purl"].rpartition("#")[2]: component
        for component in sbom["components"]
        if component.get("purl", "").startswith("pkg:npm/")
    }
    folders = [path for path in ROOT.glob("*/app/**/vendor") if path.is_dir()]
    there = [f for folder in folders for f in folder.iterdir() if f.suffix in (".js", ".woff2")]
    assert {file.name for file in there} == set(listed)
    for file in there:
        component = listed[file.name]
        assert component["hashes"][0]["content"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert component["licenses"]


def test_it_has_every_base_image(sbom: Any) -> None:
    listed = {c["name"] for c in sbom["components"] if c["type"] == "container"}
    images = [image for images in read_images().values() for image in images]
    assert listed == {image.rpartition("/")[2].partition(":")[0] for image in images}
    assert len(images) == len(re.findall("^FROM", "".join(map(read, read_images())), re.M))


def read(file: Path) -> str:
    return file.read_text()


def test_nothing_names_the_registry_it_came_from() -> None:
    for part in list_parts():
        assert read_packages(part)
        assert "://" not in read(part / "requirements.txt")
    assert len(list(read_vendored())) > 2
    assert "://" not in "".join(map(read, (ROOT / "supply").glob("*.py")))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with one Dockerfile of two images."""
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "Dockerfile").write_text("FROM a/b:1.2.3\nFROM c:4.5.6 AS x\nFROM c:4.5.6\n")
    return tmp_path


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker that tells a digest; a test may write another one."""
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho \'{{"digest": "{DIGEST}"}}\'\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return program


@pytest.mark.usefixtures("docker")
def test_every_image_gets_the_digest_of_its_tag_once(tree: Path) -> None:
    for _ in range(2):
        pin(tree)
        assert read(tree / "db" / "Dockerfile") == (
            f"FROM a/b:1.2.3@{DIGEST}\nFROM c:4.5.6@{DIGEST} AS x\nFROM c:4.5.6@{DIGEST}\n"
        )


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            "case $6 in c*) echo 'no such host' >&2; exit 1;; esac; echo '{\"digest\": \"x\"}'",
            "no such host",
        ),
        ("echo '{}'", "no digest"),
        (None, "no docker here"),
    ],
)
def test_where_a_registry_can_t_be_asked_nothing_changes_and_it_says_why(
    tree: Path, docker: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, said: str
) -> None:
    before = read(tree / "db" / "Dockerfile")
    if script is None:
        monkeypatch.setattr(shutil, "which", lambda name: None)
    else:
        docker.write_text(f"#!/bin/sh\n{script}\n")
    with pytest.raises(SystemExit, match=f"{said}.*Nothing was changed"):
        pin(tree)
    assert read(tree / "db" / "Dockerfile") == before


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("echo 'requests.exceptions.ConnectionError: no route' >&2; exit 1", 2, "NOT CHECKED"),
        (
            "echo 'ERROR: x: Dependency not found on PyPI and could not be audited' >&2; exit 1",
            2,
            "NOT CHECKED",
        ),
        ("echo 'Found 1 known vulnerability in 1 package'; exit 1", 1, "Found 1 known"),
        ("echo 'No known vulnerabilities found' >&2", 0, "No known vulnerabilities"),
    ],
)
def test_an_audit_tells_weak_from_unchecked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    script: str, code: int, said: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(audit, "PIP_AUDIT", ("sh", "-c", script))
    assert audit.main() == code
    assert said in capsys.readouterr().out
