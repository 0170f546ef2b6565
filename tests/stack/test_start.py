"""One command starts everything, in order, and leaves one door."""

import httpx

from tests.stack.stack import ONE_SHOTS, SERVICES, Stack


def test_every_service_is_healthy_and_every_one_shot_has_ended_well(stack: Stack) -> None:
    health = {name: stack.state(name)["Health"]["Status"] for name in SERVICES}
    assert set(health.values()) == {"healthy"}, health
    ends = {
        name: (stack.state(name)["Status"], stack.state(name)["ExitCode"]) for name in ONE_SHOTS
    }
    assert set(ends.values()) == {("exited", 0)}, ends


def test_each_service_starts_after_what_it_needs(stack: Stack) -> None:
    for chain in (
        ("secrets", "db", "migrate", "db-api", "chat-ui", "nginx"),
        ("secrets", "db-api", "doc-worker"),
        ("secrets", "lm-api"),
        ("model", "lm-api"),
    ):
        times = [stack.first_start[name] for name in chain]
        assert times == sorted(times)


def test_the_only_published_port_is_the_gateways_and_only_for_this_machine(stack: Stack) -> None:
    published = {
        name: [
            (binding["HostIp"], inside)
            for inside, bindings in container["NetworkSettings"]["Ports"].items()
            for binding in bindings or []
        ]
        for name in SERVICES
        for container in stack.inspect(name)
    }
    assert published == {name: [] for name in SERVICES} | {"nginx": [("127.0.0.1", "8080/tcp")]}
    assert httpx.get(stack.url, timeout=60).status_code == 200


def test_a_second_up_changes_nothing(stack: Stack) -> None:
    before = {name: stack.ids(name) for name in SERVICES}
    stack.up()
    assert {name: stack.ids(name) for name in SERVICES} == before
