"""How the first word fares as chats grow, when several take turns on fewer slots."""

import itertools
import statistics

from faults.bare import Prompt, make_prompt

from bench.figures import Curve, Found, Row, in_ms
from bench.options import Size
from bench.person import visit
from bench.stage import Stage

GOAL, BARE_GOAL = 2.0, 1.1
SUBJECTS = ("rivers", "bread", "the moon", "trains", "birds", "gold", "snow", "glass")
TOKENS = 20
SETTINGS = {"system_prompt": "Answer in one sentence.", "reply_tokens": str(TOKENS)}


async def measure(stage: Stage, size: Size) -> Found:
    """Everybody's turn one, then everybody's turn two, and so on; both sides alternate."""
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    async with visit(stage.url) as person, stage.bare() as bare:
        chats = [await person.open_chat(**SETTINGS) for _ in range(size.chats)]
        salt = await person.read_salt(chats[0])
        talks: list[Prompt] = [[] for _ in chats]
        for turn in range(1, size.turns + 1):
            ours.append([])
            theirs.append([])
            for number, (chat, talk) in enumerate(zip(chats, talks, strict=True)):
                text = f"{turn}. Say something short about {SUBJECTS[(turn + number) % 8]}."
                ours[-1].append((await person.ask(chat, text)).first)
                if turn == 1:
                    talk += make_prompt(await person.read_export(chat), salt=salt)
                else:
                    talk.append({"role": "user", "content": text})
                answer = await bare.ask(talk, TOKENS)
                theirs[-1].append(answer.first)
                talk.append({"role": "assistant", "content": answer.text})
    # Of three turns each, as one turn of eight chats is few.
    early, last, last_bare = (
        list(itertools.chain(*turns)) for turns in (ours[1:4], ours[-3:], theirs[-3:])
    )
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
