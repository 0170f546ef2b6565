"""One command starts everything, in order, and leaves one door."""

import httpx

from .stack import ONE_SHOTS, SERVICES, Stack


def test_every_service_is_healthy_and_every_one_shot_has_ended_well(stack: Stack) -> None:
    states = {name: stack.inspect(name)[0]["State"] for name in (*SERVICES, *ONE_SHOTS)}
    for name in SERVICES:
        assert states[name]["Health"]["Status"] == "healthy", name
    for name in ONE_SHOTS:
        assert (states[name]["Status"], states[name]["ExitCode"]) == ("exited", 0), name


def test_each_service_starts_after_what_it_needs(stack: Stack) -> None:
    for chain in (
        ("secrets", "db", "migrate", "db-api", "chat-ui", "nginx"),
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
    assert httpx.get(stack.url).status_code == 200


def test_a_second_up_changes_nothing(stack: Stack) -> None:
    before = {name: stack.ids(name) for name in SERVICES}
    stack.up()
    assert {name: stack.ids(name) for name in SERVICES} == before
