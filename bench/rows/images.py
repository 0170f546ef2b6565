"""How large Parley's own container images are, where a Docker Engine answers."""

import asyncio
import subprocess

from local.stack import ROOT
from tests.stack import stack as containers
from tests.stack.conftest import find_obstacle
from tests.stack.stack import CommandFailed, run

from bench.figures import Found, Row
from bench.options import Size
from bench.stage import Stage

PROJECT = "parley-bench"
SERVICES = ("nginx", "chat-ui", "db-api", "db", "lm-api")
DESCRIBE = '{{.Size}} {{index .Config.Labels "parley.stand-in"}}'


async def measure(stage: Stage, size: Size) -> Found:
    """Built as compose does it; that takes minutes, so a quick run only looks at what is there."""
    seen = await asyncio.to_thread(_look, size.builds)
    return Found([Row("container images: MB, base image included", "", seen, None)])


def _look(build: bool) -> str:
    if obstacle := find_obstacle():
        return f"not seen: {obstacle}"
    try:
        if build:
            run(ROOT / "tests" / "stack" / "stand-ins")
            containers.Stack(PROJECT, 0).compose("build", *SERVICES)
        told = run("docker", "image", "inspect", "--format", DESCRIBE, *map(_image, SERVICES))
    except (CommandFailed, subprocess.TimeoutExpired):
        return "not seen: they could not be built" if build else "not seen: not built yet"
    sizes, stand_ins = zip(*(line.partition(" ")[::2] for line in told.splitlines()), strict=True)
    seen = ", ".join(
        f"{service} {int(size) / 1e6:.0f}" for service, size in zip(SERVICES, sizes, strict=True)
    )
    return f"{seen} (on {'stand-ins of the' if any(stand_ins) else 'the'} official base images)"


def _image(service: str) -> str:
    return f"{PROJECT}-{service}"
