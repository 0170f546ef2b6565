"""`python -m bench.flags [--quick] [MODEL]`: lm-api's settings side by side, in four tables.

Each variant is started by `lm-api/start`, as it always is, with one thing changed; and once more
when all others have had their turn, so that a busy minute does not decide. --quick only shows that
each of them starts and gives a figure. The other work is a process that takes half a core.
"""

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
from faults.machine import describe_machine
from local.ports import free_port
from local.stack import ROOT
from tests.support.local_stack import SMALL_MODEL

from bench.bare import ask_bare, serve
from bench.shape import make_model
from bench.stage import megabytes
from bench.tasks import FULL, QUICK, Extent, Seen, do_task

ROUNDS = 2
IN_WORDS = {"copying", "taking turns"}  # by the small model: random weights don't copy or come back
BESIDE = "writing beside other work"
# Pages and words that are asked for meanwhile, in their simplest form.
HALF_A_CORE = """
import time
while True:
    until = time.perf_counter() + 0.005
    while time.perf_counter() < until:
        pass
    time.sleep(0.005)
"""
Rounds = list[tuple[Seen, float]]  # what a task gave, and the megabytes held in the end


def list_variants() -> dict[str, dict[str, list[str]]]:
    """By task, each variant's changes: settings of lm-api (NAME=value), then arguments."""
    cores = os.cpu_count() or 1
    return {
        "writing": {
            "as it is: 8 slots, batch 64": [],
            "2 slots": ["LM_SLOTS=2"],
            "4 slots": ["LM_SLOTS=4"],
            "threads that only sleep": ["OMP_WAIT_POLICY=passive"],
            "threads that only spin": ["OMP_WAIT_POLICY=active"],
            "batch 32": ["LM_BATCH=32"],
            "batch 128": ["LM_BATCH=128"],
            "batch 512": ["LM_BATCH=512"],
            "context kept as q8_0": ["--cache-type-k", "q8_0", "--cache-type-v", "q8_0"],
            "no flash attention": ["--flash-attn", "off"],
        },
        BESIDE: {
            f"threads: {threads}, which {what}": [
                f"LM_THREADS={threads}",
                f"OMP_WAIT_POLICY={policy}",
            ]
            for threads in sorted({max(1, cores // 2), cores})
            for what, policy in (
                ("spin, then sleep", ""),
                ("only sleep", "passive"),
                ("only spin", "active"),
            )
        },
        "copying": {
            kind: ["--spec-type", kind]
            for kind in ("none", "ngram-simple", "ngram-map-k", "ngram-mod", "ngram-cache")
        },
        "taking turns": {
            "as it is: RAM cache of 1 GiB, similarity 0.5": [],
            "no RAM cache": ["LM_CACHE_RAM=0"],
            "RAM cache of 64 MiB": ["LM_CACHE_RAM=64"],
            "similarity 0, which is off": ["LM_SLOT_SIMILARITY=0"],
            "similarity 0.1": ["LM_SLOT_SIMILARITY=0.1"],
            "similarity 0.9": ["LM_SLOT_SIMILARITY=0.9"],
        },
    }


async def measure(task: str, changes: list[str], model: str, extent: Extent) -> tuple[Seen, float]:
    """One start: what its task gave, and the megabytes it held in the end."""
    settings = dict(change.split("=") for change in changes if "=" in change)
    arguments = [change for change in changes if "=" not in change]
    port, key = str(free_port()), "bench"
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "key").write_text(key)
        environment = {
            "PYTHON": sys.executable,
            "HOST": "127.0.0.1",
            "PORT": port,
            "LM_MODEL": model,
            "LM_MODELS_DIR": str(ROOT / ".cache" / "models"),
            "LM_API_KEY_FILE": str(folder / "key"),
        }
        if task == BESIDE:
            other = stack.enter_context(subprocess.Popen([sys.executable, "-c", HALF_A_CORE]))
            stack.callback(other.kill)
        server = stack.enter_context(serve(environment | settings, folder / "log", arguments))
        async with ask_bare(f"http://127.0.0.1:{port}", key, 1) as bare:
            await bare.ask([{"role": "user", "content": "Hello"}])  # warms up
            return await do_task(bare, task, extent), megabytes(server.pid)


def render(task: str, found: dict[str, Rounds]) -> str:
    """The task's table, a line for each variant; one that never came to an end says so."""
    columns = next((list(rounds[0][0]) for rounds in found.values() if rounds), [])
    lines = ["| " + " | ".join([task, *columns, "MB"]) + " |", "|---" * (len(columns) + 2) + "|"]
    for name, rounds in found.items():
        cells = [_describe([seen[column] for seen, _ in rounds]) for column in columns if rounds]
        cells += [f"{statistics.median(held for _, held in rounds):.0f}"] if rounds else []
        lines.append(f"| {name} | {' | '.join(cells or ['broke'])} |")
    return "\n".join(lines)


def _describe(figures: list[tuple[float, float]]) -> str:
    rate, first = (statistics.median(column) for column in zip(*figures, strict=True))
    return f"{rate:.0f}, {first * 1000:.0f} ms"


async def main() -> None:
    """Prints the tables."""
    options = argparse.ArgumentParser(prog="python -m bench.flags")
    options.add_argument("--quick", action="store_true", help="a minute, to see that all start")
    options.add_argument("model", nargs="?", help="for all tasks (default: each has its own)")
    given = options.parse_args()
    small = given.model or SMALL_MODEL
    shaped = small if given.model or given.quick else str(make_model())
    variants = list_variants()
    found = {task: {name: Rounds() for name in some} for task, some in variants.items()}
    rounds, extent = (1, QUICK) if given.quick else (ROUNDS, FULL)
    for _ in range(rounds):
        for task, some in variants.items():
            model = small if task in IN_WORDS else shaped
            for name, changes in some.items():
                print(f"{task}: {name}", file=sys.stderr, flush=True)
                # Not every build of the server survives every setting; the table says so.
                with contextlib.suppress(RuntimeError, TimeoutError, httpx.HTTPError):
                    found[task][name].append(await measure(task, changes, model, extent))
    print(f"{describe_machine()}; tokens/s, median first word; {Path(shaped).name},")
    print(f"{' and '.join(sorted(IN_WORDS))} with {Path(small).name}\n")
    print("\n\n".join(render(task, some) for task, some in found.items()))


if __name__ == "__main__":
    asyncio.run(main())
