"""One Parley and one Chromium for all of these tests; a browser profile for each person."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.support.people import WAIT_MS, Profile, Someone
from tests.browser.support.writer import DbApi
from tests.support.local_stack import LocalStack
from tests.support.postgres import LONG_LEASES
from tests.support.sql import sql

CHROMIUM = shutil.which("chromium")
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",  # it beeps
]  # fmt: skip

AWAY = "http://127.0.0.1:9"  # nobody listens there
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}

# By connections that have planned with shorter ones.
FORGET_PLANS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'db-api'
"""

MakePerson = Callable[..., Someone]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's; without one nothing here is tried, except in CI, where it must be there."""
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "CI needs Chromium"
        pytest.skip("no Chromium here (Debian: chromium)")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def parley() -> Iterator[LocalStack]:
    """One running Parley, its replies short; its model that sees pictures is away. In CI nginx must
    be there."""
    assert shutil.which("nginx") or not os.environ.get("CI"), "CI needs nginx"
    with LocalStack(REPLY_TOKENS="24", TEMPERATURE="0", VISION_URL=AWAY) as stack:
        stack.wait_until_model_is_ready()
        sql(stack, LONG_LEASES)  # tests write replies themselves, without heartbeats
        sql(stack, FORGET_PLANS)
        yield stack


@pytest.fixture(scope="session")
def api(parley: LocalStack) -> Iterator[DbApi]:
    api = DbApi(parley)
    yield api
    api.http.close()


@pytest.fixture(scope="session")
def profiles() -> dict[str, list[Profile]]:
    """Those that nobody uses just now, by their options."""
    return {}


@pytest.fixture
def person(
    chromium: Browser, parley: LocalStack, api: DbApi, profiles: dict[str, list[Profile]]
) -> Iterator[MakePerson]:
    """Makes people: `person("Bob", viewport=…)`; the test fails if a page of theirs had errors."""
    people: list[tuple[Someone, list[Profile]]] = []

    def make(name: str = "Ann", **options: Any) -> Someone:
        free = profiles.setdefault(repr(sorted(options.items())), [])
        profile = free.pop() if free else Profile(chromium, parley.url, **options)
        people.append((Someone(profile, parley, api, name), free))
        return people[-1][0]

    yield make
    for someone, free in people:
        someone.leave()
        free.append(someone.profile)


@pytest.fixture
def ann(person: MakePerson) -> Someone:
    """Somebody at a desk."""
    return person("Ann", **DESK)


@pytest.fixture
def phone(person: MakePerson) -> Someone:
    """Somebody with a phone."""
    return person("Phil", **PHONE)


@pytest.fixture
def plain(person: MakePerson) -> Someone:
    """Somebody whose browser runs no scripts."""
    return person("Bob", java_script_enabled=False, **DESK)


@pytest.fixture(params=["mouse", "keyboard", "no scripts"])
def visitor(request: pytest.FixtureRequest, person: MakePerson) -> Someone:
    """Somebody at a desk, in each of the ways in which everything works."""
    someone = person("Ann", java_script_enabled=request.param != "no scripts", **DESK)
    someone.by_keyboard = request.param == "keyboard"
    someone.scripts = request.param != "no scripts"
    return someone
