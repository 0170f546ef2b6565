"""Files that must agree with each other; needs no engine."""

import re

from local.stack import ROOT
from tests.stack.stack import EDGES

COMPOSE = (ROOT / "compose.yaml").read_text()
WITH_TLS = COMPOSE + (ROOT / "compose.tls.yaml").read_text()


def test_every_setting_of_compose_is_in_the_example_and_the_other_way_round() -> None:
    passed_on = set(re.findall(r"^\s+([A-Z_]+):$", WITH_TLS, re.M))
    filled_in = set(re.findall(r"[^$]\$\{([A-Z_]+)", WITH_TLS))
    shown = re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)
    assert len(shown) == len(set(shown))
    only_local = {"PORT", "VISION"}  # `make local` reads the same file
    assert set(shown) - only_local == passed_on | filled_in
    assert "COMPOSE_FILE=compose.yaml:compose.tls.yaml" in (ROOT / ".env.example").read_text()


def test_one_switch_starts_vision_and_tells_chat_ui_of_it() -> None:
    """It is the profile's: any other profile would tell it, too, so there is none."""
    assert re.findall(r"profiles: (.+)", COMPOSE) == ["[vision]", "[vision]"]
    (address,) = re.findall(r"VISION_URL: (.+)", COMPOSE)
    assert address == "${COMPOSE_PROFILES:+http://vision}"
    for name in ("README.md", "lm-api/README.md", "docs/architecture.md", ".env.example"):
        assert "COMPOSE_PROFILES" in (ROOT / name).read_text(), name


def test_only_those_who_speak_to_each_other_share_a_network() -> None:
    services, networks = re.split("\n(?:services|networks):\n", COMPOSE)[1:]
    blocks = re.findall(r"^  ([a-z-]+):(.*?)(?=^  [a-z-]+:|\Z)", services, re.M | re.S)
    joined = {name: set(re.findall("private-[a-z-]+", block)) for name, block in blocks}
    for each, other in EDGES:
        name = f"private-{each}-{other}"
        members = {service for service, names in joined.items() if name in names}
        apart = {"runner"} if each == "chat-ui" else {"migrate"} if other == "db" else set()
        assert members == {each, other} | apart
    wanted = {f"private-{each}-{other}" for each, other in EDGES}
    assert set(re.findall(r"^  (private-[a-z-]+):", networks, re.M)) == wanted
    assert len(re.findall(r"^  private-.*[&*]private\b", networks, re.M)) == len(EDGES)


def test_every_base_image_is_pinned_by_its_full_version() -> None:
    for file in ROOT.glob("*/Dockerfile"):
        images = re.findall(r"^FROM (\S+)", file.read_text(), re.M)
        assert images
        for image in images:
            assert re.search(r":(\d+\.\d+\.\d+|server-b\d{4,})", image), image


def test_only_who_signs_has_the_root_s_key_and_only_who_asks_an_authority_a_way_out() -> None:
    file = (ROOT / "compose.tls.yaml").read_text().split("\nservices:\n")[1].split("\nvolumes:")[0]
    services = dict(re.findall(r"(?ms)^  ([a-z-]+):(.*?)(?=^  [a-z-]+:|\Z)", file))
    assert set(services) == {"nginx", "chat-ui", "tls", "acme"}
    assert [name for name in services if "tls-root:" in services[name]] == ["tls"]
    assert [name for name in services if "outside" in services[name]] == ["acme"]
    assert "network_mode: none" in services["tls"]
    assert '"tls:/run/tls:ro"' in services["nginx"]
