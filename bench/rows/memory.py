"""What an idle Parley holds in memory, beside the model and the database."""

from bench.figures import Found, Row
from bench.options import Size
from bench.stage import Stage

GOAL = 200
SERVICES = ("chat-ui", "db-api", "nginx")


async def measure(stage: Stage, size: Size) -> Found:
    """Proportional set size: pages that processes share are counted once."""
    found = {service: stage.memory_of(service) for service in SERVICES}
    each = ", ".join(f"{service} {size:.0f}" for service, size in found.items())
    rows = [
        Row(
            "memory: chat-ui + db-api + nginx, idle",
            f"≤ {GOAL} MB together",
            f"{sum(found.values()):.0f} MB ({each})",
            sum(found.values()) <= GOAL,
        )
    ]
    return Found(rows, numbers={"MB idle": found["chat-ui"]})
