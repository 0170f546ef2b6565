"""What one client at its worst takes from another person: pages and first words while Parley is
attacked, and while a bare nginx is, by the same attacker. It has a fixed share of the processors,
so that both find the same machine. Both sides take turns."""

import asyncio
import contextlib
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import count, cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from bench.figures import percentile
from bench.person import Person, question, visit
from faults.scenarios.long_chat import FILL
from local.nginx import nginx
from local.ports import free_port
from local.stack import ROOT
from tests.support.local_stack import LocalStack
from tests.support.program import Program
from tests.support.sql import sql
from tests.support.waiting import answers as is_up

from security.attacker import Order
from security.attacks import ATTACKS, Attack
from security.cgroup import confine
from security.found import Found
from security.rows.row import Row
from security.stage import Stage

PAGE, WORD = "page", "first word"
GOAL = 2.0  # times what it is beside the bare nginx
CORES = 0.5  # that the attacker has
PEOPLE = 5  # who take turns: one alone would soon reach the limits of a session
MESSAGES = 50  # of the page that is opened
ROUNDS, WORDS = 2, 26  # in each round both sides have two turns, each with so many first words,
PAGES_PER_WORD = 2  # and pages
PATIENCE = 20.0  # seconds; who waits longer has waited so long
TURN_SECONDS = 25.0  # then a turn ends, however few have waited: a row has to end, too
CALM = 4.0  # seconds until nginx has forgotten what one address asked for
ON_SECONDS = 30.0
# The control: an nginx that has nothing behind it and refuses nothing.
BARE = """
daemon off; pid nginx.pid; worker_processes 2; worker_rlimit_nofile 32768;
{user}
events {{ worker_connections 16384; }}
http {{
    access_log off; error_log stderr alert; client_max_body_size 0;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "ok"; }} }}
}}
"""
STOP_ALL = """
UPDATE replies SET stop_requested = true WHERE state IN ('queued', 'running');
SELECT close_reply(message_id, 'stopped') FROM replies WHERE state = 'queued'
"""
UNFINISHED = """
SELECT 1 FROM replies WHERE state IN ('queued', 'running') AND worker IS DISTINCT FROM 'nobody'
"""

_numbers = count()


@dataclass
class Waits:
    """Seconds that people waited on one side, and how the attacker was answered there."""

    beside: str  # who is attacked
    times: dict[str, list[float]] = field(default_factory=lambda: {PAGE: [], WORD: []})
    attacker: Counter[str] = field(default_factory=Counter)
    attacked: float = 0.0  # seconds


def make_rows() -> tuple[Row, ...]:
    """One for each attack."""
    what = "Others' pages and first words ≤ 2 × while one client does its worst: "
    return tuple(
        Row(f"starving-{attack.name}", what + attack.what, partial(check, attack=attack))
        for attack in ATTACKS
    )


def check(found: Found, stage: Stage, short: bool, *, attack: Attack) -> None:
    """Compares; a short run only shows that it can be compared."""
    if short and not attack.in_short:
        found.skipped = "in a whole run only"
        return
    parley = stage.parley(LIMITS="home")
    parley.wait_until_model_is_ready()
    with confine(CORES) as group, bare_nginx() as control:
        ours, theirs = asyncio.run(
            _attack_in_turns(found, parley, attack, control, group, short=short)
        )
    compare(found, ours, theirs, judge=not short)


def compare(found: Found, ours: Waits, theirs: Waits, *, judge: bool) -> None:
    """What the table says of both sides; with `judge` the goal counts."""
    for what, times in ours.times.items():
        sides = (times, theirs.times[what])
        p50, p95 = (percentile(times, each) / percentile(sides[1], each) for each in (50, 95))
        mine, bare = (
            f"{percentile(side, 50) * 1000:.0f} and {percentile(side, 95) * 1000:.0f} ms"
            for side in sides
        )
        seen = f"{what} p50 {p50:.2f} ×, p95 {p95:.2f} × ({mine}, control {bare}, n = {len(times)})"
        found.see(seen)
        if judge:
            found.expect(max(p50, p95) <= GOAL, seen)
    answers = ", ".join(f"{times} × {how}" for how, times in sorted(ours.attacker.items()))
    found.see(f"the attacker in {ours.attacked:.0f} s: {answers}")


async def _attack_in_turns(
    found: Found, parley: LocalStack, attack: Attack, control: int, group: Path, *, short: bool
) -> tuple[Waits, Waits]:
    """Both sides, in turn: A B B A."""
    number = ATTACKS.index(attack) + 1
    near = f"127.0.2.{number}"
    async with contextlib.AsyncExitStack() as stack:
        people = []
        for place in range(PEOPLE):
            source = near if attack.shares_address else f"127.0.3.{PEOPLE * number + place}"
            url = f"http://127.0.0.1:{parley.port}"
            person = await stack.enter_async_context(visit(url, source))
            chat = await person.open_chat()
            sql(parley, FILL.format(chat=chat, last=MESSAGES))
            people.append((person, chat))
        turns = cycle(people)
        order = await stack.enter_async_context(attack.prepare(parley, near))
        ours, theirs = Waits("Parley"), Waits("the control")
        sides = {parley.port: ours, control: theirs}
        await wait_in_turn(found, turns, Waits("nobody"), 2)  # warms up
        for side in [parley.port, control] if short else [*sides, *reversed(sides)] * ROUNDS:
            async with _attacking(replace(order, port=side), group, sides[side]):
                await wait_in_turn(found, turns, sides[side], 5 if short else WORDS)
            if side == parley.port:
                await _calm_down(parley)
    return ours, theirs


async def wait_in_turn(
    found: Found,
    turns: Iterator[tuple[Person, str]],
    waits: Waits,
    many: int,
    seconds: float = TURN_SECONDS,
) -> None:
    """So many first words, and pages in between; fewer if they take long."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    for _ in range(many):
        if loop.time() > until:
            break
        person, chat = next(turns)
        await _time(found, waits, WORD, _ask(person))
        for _ in range(PAGES_PER_WORD):
            await _time(found, waits, PAGE, person.time_page(chat))


async def _ask(person: Person) -> float:
    while True:
        chat = await person.open_chat()
        try:
            return (await person.ask(chat, question(next(_numbers)), stop=True)).first
        except AssertionError:
            # The model may have nothing to say; a reply that isn't complete has lost its words.
            if (await person.read_reply(chat))["state"] != "complete":
                raise


async def _time(found: Found, waits: Waits, what: str, wait: Awaitable[float]) -> None:
    """Notes the seconds. Whoever is refused has waited longer than anybody."""
    try:
        async with asyncio.timeout(PATIENCE):
            seconds, refused = await wait, ""
    except (httpx.HTTPError, AssertionError, TimeoutError) as error:
        seconds, refused = PATIENCE, f"{type(error).__name__} {error}"[:120]
    waits.times[what].append(seconds)
    found.expect(not refused, f"a {what} with {waits.beside} attacked: {refused}")


@contextlib.asynccontextmanager
async def _attacking(order: Order, group: Path, waits: Waits) -> AsyncIterator[None]:
    """While the attacker is at it; its counts afterwards."""
    attacker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "security.attacker", cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert attacker.stdin
    assert attacker.stdout
    try:
        group.write_text(str(attacker.pid))
        attacker.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
        async with asyncio.timeout(ON_SECONDS):
            assert await attacker.stdout.readline() == b"on\n"
        began = asyncio.get_running_loop().time()
        yield
        waits.attacked += asyncio.get_running_loop().time() - began
        attacker.stdin.close()
        async with asyncio.timeout(ON_SECONDS):
            waits.attacker.update(json.loads(await attacker.stdout.readline()))
            await attacker.wait()
    finally:
        with contextlib.suppress(ProcessLookupError):
            attacker.kill()
        await attacker.wait()


async def _calm_down(parley: LocalStack) -> None:
    """Until nothing of an attack is left: no reply, no allowance that is used up."""
    sql(parley, STOP_ALL)
    async with asyncio.timeout(60):
        while sql(parley, UNFINISHED):
            await asyncio.sleep(0.1)
    await asyncio.sleep(CALM)


@contextlib.contextmanager
def bare_nginx() -> Iterator[int]:
    """Its port."""
    with TemporaryDirectory() as folder:
        home, port = Path(folder), free_port()
        home.chmod(0o755)
        configuration = home / "nginx.conf"
        configuration.write_text(
            BARE.format(port=port, user="user root root;" if os.geteuid() == 0 else "")
        )
        program = nginx()
        assert program
        server = Program(
            [program, "-e", "stderr", "-p", home, "-c", configuration], {}, home / "log"
        )
        try:
            server.wait_until(lambda: is_up(f"http://127.0.0.1:{port}/"))
            yield port
        finally:
            server.end()
