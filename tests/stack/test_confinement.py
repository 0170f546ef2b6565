"""What each container can not do, asked of the engine, of the kernel, and by trying."""

import itertools
import re
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.stack.stack import EDGES, ONE_SHOTS, PORTS, PRIVATE, SERVICES, Stack, run

LOGINS = ("app", "runner", "reader")
SECRETS = {
    "db/password": ("db", "migrate", "secrets"),
    **{f"db-logins/{login}": ("db-api", "migrate", "secrets") for login in LOGINS},
    "db-api/token": ("db-api", "chat-ui", "secrets"),
    "doc-worker/token": ("db-api", "doc-worker", "secrets"),
    "lm-api/key": ("lm-api", "chat-ui", "secrets"),
    "embed/key": ("chat-ui", "doc-worker", "secrets"),  # embed itself is not started
    "answer/key": ("chat-ui", "secrets"),  # nor is answer
    "vision/key": ("chat-ui", "secrets"),  # nor is vision
    "cookie/key": ("chat-ui", "secrets"),
    "tokens/key": ("chat-ui", "secrets"),
}


@pytest.mark.parametrize("service", SERVICES)
def test_no_process_is_root_or_could_become_more(stack: Stack, service: str) -> None:
    for status in stack.read_processes(service, "status"):
        fields = dict(re.findall(r"^(\w+):\s+(.*)$", status, re.M))
        assert "0" not in fields["Uid"].split() + fields["Gid"].split(), fields["Name"]
        for held in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(fields[held], 16) == 0, (fields["Name"], held)
        assert fields["NoNewPrivs"] == "1"
        assert fields["Seccomp"] == "2"


@pytest.mark.parametrize("service", SERVICES)
def test_the_root_filesystem_cannot_be_written(stack: Stack, service: str) -> None:
    folders = ["/", "/srv", "/etc", "/usr/bin", "/var/tmp"]
    tried = stack.shell(service, f"for d in {' '.join(folders)}; do echo > $d/probe; done")
    refusals = re.findall("Read-only file system|Permission denied|No such", tried.stderr)
    assert len(refusals) == len(folders), tried.stderr
    assert stack.inspect(service)[0]["HostConfig"]["ReadonlyRootfs"]


@pytest.mark.parametrize("service", [*SERVICES, *ONE_SHOTS])
def test_memory_processes_and_logs_are_bounded(stack: Stack, service: str) -> None:
    host = stack.inspect(service)[0]["HostConfig"]
    assert 0 < host["Memory"] <= 4 * 2**30
    assert 0 < host["PidsLimit"] <= 256
    assert host["LogConfig"]["Config"]["max-size"]
    assert (host["NanoCpus"] == 10**9) == (service != "lm-api")
    assert {"Name": "core", "Soft": 0, "Hard": 0} in host["Ulimits"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not host["Privileged"]


def test_what_opens_a_file_has_no_secret_and_no_network(stack: Stack) -> None:
    """The kernel lets an ordinary user take that from itself, in the container as well."""
    confined = "from app.child.confine import confine; assert confine(None) == []; "
    for attempt in ("open('/run/secrets/doc-worker/token')", "import socket; socket.socket()"):
        tried = stack.shell("doc-worker", f'python -c "{confined}{attempt}"')
        assert "PermissionError" in tried.stderr, tried.stderr


def read_secret(stack: Stack, name: str) -> str:
    """A secret as one who shares it reads it."""
    value = stack.shell(SECRETS[name][0], f"cat /run/secrets/{name}").stdout.strip()
    assert re.fullmatch("[0-9a-f]{64}", value)
    return value


def test_no_secret_is_in_any_environment_command_line_or_description(stack: Stack) -> None:
    values = {read_secret(stack, name) for name in SECRETS}
    assert len(values) == len(SECRETS)
    shown = [run("docker", "inspect", *stack.ids(name)) for name in (*SERVICES, *ONE_SHOTS)]
    for service, file in itertools.product(SERVICES, ("environ", "cmdline")):
        shown += stack.read_processes(service, file)
    assert not [value for value in values if value in "\n".join(shown)]


@pytest.mark.parametrize("service", [*SERVICES, *ONE_SHOTS])
def test_only_those_who_share_a_secret_have_it(stack: Stack, service: str) -> None:
    mounts = stack.inspect(service)[0]["Mounts"]
    held = {mount["Destination"]: mount["RW"] for mount in mounts}
    for name, sharers in SECRETS.items():
        folder = f"/run/secrets/{name.split('/')[0]}"
        assert (folder in held) == (service in sharers), name
        assert not held.get(folder) or service == "secrets"


@pytest.mark.parametrize("service", ["embed", "answer", "vision"])
def test_what_nobody_asked_for_is_not_there(stack: Stack, service: str) -> None:
    assert stack.ids(service) == stack.ids(f"{service}-model") == []


@pytest.fixture
def host_door(stack: Stack) -> Iterator[tuple[str, int]]:
    """A server on this machine, at the address that the outside network leads to."""
    template = "{{(index .IPAM.Config 0).Gateway}}"
    network = f"{stack.project}_outside"
    address = run("docker", "network", "inspect", "-f", template, network).strip()
    with socket.create_server((address, 0)) as server:
        yield address, server.getsockname()[1]


def test_there_is_no_way_out_of_the_private_network(
    stack: Stack, host_door: tuple[str, int]
) -> None:
    networks = stack.inspect("nginx")[0]["NetworkSettings"]["Networks"]
    neighbour = (networks[f"{stack.project}_outside"]["IPAddress"], 8080)
    doors = (host_door, neighbour)
    assert all(stack.can_connect("nginx", *door) for door in doors), "the probe itself is broken"
    ways = list(itertools.product(PRIVATE, doors))
    with ThreadPoolExecutor(len(ways)) as pool:
        open_ways = list(pool.map(lambda way: stack.can_connect(way[0], *way[1]), ways))
    assert not any(open_ways), list(zip(ways, open_ways, strict=True))


@pytest.mark.parametrize("service", PRIVATE)
def test_a_service_reaches_those_it_speaks_to_and_nobody_else(stack: Stack, service: str) -> None:
    doors = [(other, address) for other in PORTS for address in stack.addresses(other)]
    ways = [(service, address, PORTS[other]) for other, address in doors if other != service]
    with ThreadPoolExecutor(len(ways)) as pool:
        found = list(pool.map(lambda way: stack.can_connect(*way), ways))
    others = [other for other, _ in doors if other != service]
    reached = {other for other, is_open in zip(others, found, strict=True) if is_open}
    assert reached == {one for pair in EDGES if service in pair for one in pair} & set(PORTS) - {
        service
    }


# Behind some gateways every address in the world seems to answer, so a connection proves nothing:
# what counts is whether our own service is at its end.
OK = '"status":"ok"'


@pytest.mark.parametrize("service", ["chat-ui", "db-api", "lm-api"])
def test_there_is_no_way_in_but_through_nginx(stack: Stack, service: str) -> None:
    curl = ["curl", "-s", "-m", "2"]
    doors = [f"http://{address}/health" for address in stack.addresses(service)]
    probe = " ".join([*curl, "http://127.0.0.1:8080/health"])
    assert OK in stack.shell("nginx", probe).stdout, "the probe itself is broken"

    # nginx, the only one with a way out, reaches chat-ui and by no way another one.
    inside = [stack.shell("nginx", " ".join([*curl, door])).stdout for door in doors]
    assert any(OK in answer for answer in inside) == (service == "chat-ui")
    image = stack.inspect("nginx")[0]["Config"]["Image"]
    neighbour = ["docker", "run", "--rm", "--network", f"{stack.project}_outside", "--entrypoint"]
    for command in (curl, [*neighbour, curl[0], image, *curl[1:]]):
        for door in doors:
            answer = subprocess.run([*command, door], capture_output=True, text=True, timeout=60)
            assert OK not in answer.stdout
