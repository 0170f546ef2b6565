"""`python -m bench.flags [MODEL]`: lm-api's settings side by side, for 1 to 16 who ask at once.

Each variant is started by `lm-api/start`, as it always is, with one setting changed; and once more
when all others have had their turn, so that a busy minute does not decide.
"""

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from faults.machine import describe_machine
from local.ports import free_port
from local.stack import ROOT
from tests.support.local_stack import SMALL_MODEL

from bench.bare import Bare, ask_bare, serve
from bench.rows.speed import TASK

AT_ONCE = (1, 4, 8, 16)
TOKENS = 48
ROUNDS = 2
VARIANTS: dict[str, dict[str, str]] = {
    "as it is": {},
    "2 slots": {"LM_SLOTS": "2"},
    "8 slots": {"LM_SLOTS": "8", "LM_CONTEXT": "2048"},
    "batch 32": {"LM_BATCH": "32"},
    "batch 128": {"LM_BATCH": "128"},
    "batch 256": {"LM_BATCH": "256"},
    "batch 512": {"LM_BATCH": "512"},
    "1 thread": {"LM_THREADS": "1"},
    "threads that spin": {"OMP_WAIT_POLICY": "active"},
}
Seen = dict[int, list[tuple[float, float]]]  # asking at once: tokens per second, first word


async def measure(changes: dict[str, str], model: str) -> Seen:
    """One start, asked by ever more at once."""
    seen: Seen = {}
    with _environment(model) as environment:
        key = Path(environment["LM_API_KEY_FILE"]).read_text()
        with serve(environment | changes) as server:
            async with ask_bare(server.url, key, TOKENS) as bare:
                await _ask(bare, 1, 0)  # warms up
                for number, many in enumerate(AT_ONCE, 1):
                    seen[many] = [await _ask(bare, many, number * 100)]
    return seen


async def _ask(bare: Bare, many: int, first: int) -> tuple[float, float]:
    prompts = [[{"role": "user", "content": TASK.format(first + n)}] for n in range(many)]
    began = time.perf_counter()
    done = await asyncio.gather(*(bare.ask(prompt) for prompt in prompts))
    rate = sum(completion.tokens for completion in done) / (time.perf_counter() - began)
    return rate, statistics.median(completion.timing.first for completion in done)


@contextlib.contextmanager
def _environment(model: str) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "key"
        key.write_text("bench")
        yield os.environ | {
            "PYTHON": sys.executable,
            "HOST": "127.0.0.1",
            "PORT": str(free_port()),
            "LM_MODEL": model,
            "LM_MODELS_DIR": str(ROOT / ".cache" / "models"),
            "LM_API_KEY_FILE": str(key),
        }


async def main() -> int:
    """Prints the table, a line for each variant."""
    model = sys.argv[1] if len(sys.argv) > 1 else SMALL_MODEL
    found: dict[str, Seen] = {name: {many: [] for many in AT_ONCE} for name in VARIANTS}
    for _ in range(ROUNDS):
        for name, changes in VARIANTS.items():
            for many, figures in (await measure(changes, model)).items():
                found[name][many] += figures
    print(f"{describe_machine()}; {Path(model).name}; {TOKENS} tokens each\n")
    print("| tokens/s, first word at once: |" + "".join(f" {many} |" for many in AT_ONCE))
    print("|---|" + "---|" * len(AT_ONCE))
    for name, seen in found.items():
        print(f"| {name} |" + "".join(f" {_describe(seen[many])} |" for many in AT_ONCE))
    return 0


def _describe(figures: list[tuple[float, float]]) -> str:
    rate, first = (statistics.median(column) for column in zip(*figures, strict=True))
    return f"{rate:.0f}, {first * 1000:.0f} ms"


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
