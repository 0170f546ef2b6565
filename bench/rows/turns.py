"""How the first word fares as chats grow, when several take turns on fewer slots."""

import statistics

from faults.bare import Prompt, make_prompt

from bench.bare import Bare
from bench.figures import Curve, Found, Row, in_ms
from bench.options import Size
from bench.person import Person, visit
from bench.stage import Stage

GOAL, BARE_GOAL = 2.0, 1.1
SAY = "{}. Say something short about {}."
SUBJECTS = ("rivers", "bread", "the moon", "trains", "birds", "gold", "snow", "glass")
TOKENS = 20


async def measure(stage: Stage, size: Size) -> Found:
    """Everybody's turn one, then everybody's turn two, and so on; both sides alternate."""
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    async with visit(stage.url) as person, stage.bare() as bare:
        chats = [await _open(person) for _ in range(size.chats)]
        talks: list[Prompt] = [[] for _ in chats]
        for turn in range(1, size.turns + 1):
            ours.append([])
            theirs.append([])
            for number, chat in enumerate(chats):
                text = SAY.format(turn, SUBJECTS[(turn + number) % len(SUBJECTS)])
                ours[-1].append((await person.ask(chat, text)).first)
                if not talks[number]:
                    talks[number] = make_prompt(await person.read_export(chat))
                else:
                    talks[number].append({"role": "user", "content": text})
                theirs[-1].append(await _answer(bare, talks[number]))
    late = slice(-3, None)  # of the last turns, as one turn of eight chats is few
    last = [first for turn in ours[late] for first in turn]
    last_bare = [first for turn in theirs[late] for first in turn]
    early = [first for turn in ours[1:4] for first in turn]
    grown = statistics.median(last) / statistics.median(early)
    more = statistics.median(last) / statistics.median(last_bare)
    rows = [
        Row(
            f"first word at turn {size.turns} ÷ at turn 2, {size.chats} chats taking turns",
            "≤ 2",
            f"{grown:.2f}; {in_ms(early)}, then {in_ms(last)}",
            grown <= GOAL,
        ),
        Row(
            f"first word at turn {size.turns} ÷ bare at the same length",
            "≤ 1.1",
            f"{more:.2f}; bare {in_ms(last_bare)}",
            more <= BARE_GOAL,
        ),
    ]
    curve = Curve(
        f"turns of {size.chats} chats (median)",
        list(range(1, size.turns + 1)),
        [statistics.median(turn) for turn in ours],
        [statistics.median(turn) for turn in theirs],
    )
    return Found(rows, [curve])


async def _open(person: Person) -> str:
    chat = await person.open_chat()
    form = {"system_prompt": "Answer in one sentence.", "reply_tokens": str(TOKENS)}
    assert (await person.client.post(f"/chats/{chat}/settings", data=form)).status_code == 303
    return chat


async def _answer(bare: Bare, talk: Prompt) -> float:
    completion = await bare.ask(talk, TOKENS)
    talk.append({"role": "assistant", "content": completion.text})
    return completion.timing.first
