"""The slots of a scripted model: who uses them, and what of them is on its disk."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass
class Slot:
    """`task` is the last that used it since the server's start."""

    task: int | None = None
    busy: bool = False
    tokens: int = 0


@dataclass
class ScriptedSlots:
    """`calls` tells in order what was asked of the slots, and when a completion began."""

    keeps_prompts: bool = True  # whether it was told of a folder
    full: bool = False  # its disk
    files: dict[str, int] = field(default_factory=dict)  # tokens by name
    calls: list[str] = field(default_factory=list)
    lists: int = 0  # how often it was asked for all of them
    all: list[Slot] = field(default_factory=lambda: [Slot() for _ in range(8)])
    _tasks: Iterator[int] = field(default_factory=count)

    def restart(self) -> None:
        """As a new server begins: with empty slots and the old files."""
        self.all, self._tasks = [Slot() for _ in self.all], count()
        self.calls.clear()

    def take(self) -> Slot:
        """The first idle slot, for a completion."""
        slot = next(slot for slot in self.all if not slot.busy)
        slot.task, slot.busy, slot.tokens = next(self._tasks), True, 20
        self.calls.append("complete")
        return slot

    def routes(self) -> list[Route]:
        """What is asked about them."""
        return [
            Route("/slots", self._list),
            Route("/slots/{number:int}", self._act, methods=["POST"]),
        ]

    async def _list(self, request: Request) -> Response:
        self.lists += 1
        used = [{} if slot.task is None else {"id_task": slot.task} for slot in self.all]
        return JSONResponse(
            [
                {"id": number, "is_processing": slot.busy, **used[number]}
                for number, slot in enumerate(self.all)
            ]
        )

    async def _act(self, request: Request) -> Response:
        action, number = request.query_params["action"], request.path_params["number"]
        slot, file = self.all[number], (await request.json()).get("filename", "")
        self.calls.append(f"{action} {file or number}")
        if not self.keeps_prompts:
            return _refuse(501)
        match action:
            case "save" if self.full:
                return _refuse(500)
            case "save":
                self.files[file] = slot.tokens
            case "restore" if file not in self.files:
                return _refuse(400)
            case "restore":
                slot.tokens = self.files[file]
            case "erase":
                slot.tokens = 0
        return JSONResponse({"id_slot": number})


def _refuse(status: int) -> Response:
    return JSONResponse({"error": {"code": status, "message": "no"}}, status)
