"""Files that must agree with each other; needs no engine."""

import re

from local.stack import ROOT

COMPOSE = (ROOT / "compose.yaml").read_text()


def test_every_setting_of_compose_is_in_the_example_and_the_other_way_round() -> None:
    passed_on = set(re.findall(r"^\s+([A-Z_]+):$", COMPOSE, re.M))
    filled_in = set(re.findall(r"[^$]\$\{([A-Z_]+)", COMPOSE))
    shown = re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M)
    assert len(shown) == len(set(shown))
    only_local = {"PORT", "VISION"}  # `make local` reads the same file
    assert set(shown) - only_local == passed_on | filled_in


def test_one_switch_starts_vision_and_tells_chat_ui_of_it() -> None:
    """It is the profile's: any other profile would tell it, too, so there is none."""
    assert re.findall(r"profiles: (.+)", COMPOSE) == ["[vision]", "[vision]"]
    (address,) = re.findall(r"VISION_URL: (.+)", COMPOSE)
    assert address == "${COMPOSE_PROFILES:+http://vision}"
    for name in ("README.md", "lm-api/README.md", "docs/architecture.md", ".env.example"):
        assert "COMPOSE_PROFILES" in (ROOT / name).read_text(), name


def test_every_base_image_is_pinned_by_its_full_version() -> None:
    for file in ROOT.glob("*/Dockerfile"):
        images = re.findall(r"^FROM (\S+)", file.read_text(), re.M)
        assert images
        for image in images:
            assert re.search(r":(\d+\.\d+\.\d+|server-b\d{4,})", image), image
