"""One Parley and one Chromium for all of these tests; a browser profile for each person."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.support.hand import DbApi
from tests.browser.support.people import WAIT_MS, Someone
from tests.browser.support.states import fill
from tests.support.local_stack import LocalStack

CHROMIUM = shutil.which("chromium")
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip

PHONE = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}

Person = Callable[..., Someone]


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
    """One running Parley, its replies short. In CI nginx must be there."""
    assert shutil.which("nginx") or not os.environ.get("CI"), "CI needs nginx"
    with LocalStack(REPLY_TOKENS="60", TEMPERATURE="0") as stack:
        stack.wait_until_model_is_ready()
        yield stack


@pytest.fixture(scope="session")
def api(parley: LocalStack) -> Iterator[DbApi]:
    api = DbApi(parley)
    yield api
    api.http.close()


@pytest.fixture
def person(chromium: Browser, parley: LocalStack, api: DbApi) -> Iterator[Person]:
    """Makes people: `person("Bob", viewport=…)`; the test fails if a page of theirs had errors."""
    people: list[Someone] = []

    def make(name: str = "Ann", **options: Any) -> Someone:
        people.append(Someone(chromium, parley, api, name, **options))
        return people[-1]

    yield make
    for someone in people:
        someone.leave()


@pytest.fixture(scope="module")
def tenants(chromium: Browser, parley: LocalStack, api: DbApi) -> Iterator[dict[str, Someone]]:
    tenants: dict[str, Someone] = {}
    yield tenants
    for someone in tenants.values():
        someone.leave()


@pytest.fixture
def tenant(
    chromium: Browser, parley: LocalStack, api: DbApi, tenants: dict[str, Someone]
) -> Iterator[Person]:
    """People with some chats (`states.fill`), who stay for a whole file: one for each screen."""

    def find(name: str = "Ann", **options: Any) -> Someone:
        screen = repr(sorted(options.items()))
        if screen not in tenants:
            tenants[screen] = Someone(chromium, parley, api, name, **options)
            fill(tenants[screen])
        return tenants[screen]

    yield find
    for someone in tenants.values():
        someone.rest()


@pytest.fixture
def ann(person: Person) -> Someone:
    """Somebody at a desk."""
    return person("Ann", viewport={"width": 1280, "height": 800})


@pytest.fixture
def phone(person: Person) -> Someone:
    """Somebody with a phone."""
    return person("Phil", **PHONE)
