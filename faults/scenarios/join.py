"""A kill in the middle of a reply at temperature 0, held against the same reply left alone.

The model's server is started anew before each reply, so that both begin alike to the last bit.
Beside each, llama.cpp alone is cut at the same place and goes on: what it does not repeat word for
word, nobody can.
"""

import asyncio
from dataclasses import dataclass

from faults import bare
from faults.browser import Browser
from faults.scenarios.moments import until_written
from faults.terminal import say
from faults.trial import Trial
from faults.watching import begin_watching

MODEL = "lm-api"  # after its death the prompt is read anew, by which the last bits differ
SERVICES = (MODEL, "chat-ui", "db-api", "db")
QUESTIONS = (
    "Tell me a long story about a lighthouse keeper.",
    "Explain how bread is made, step by step.",
    "Describe a walk through a forest in autumn.",
    "What is an API? Give examples.",
    "Write about the history of the bicycle.",
    "Why is the sky blue? Explain it to a child.",
    "Tell me about the life of a honey bee.",
    "List ten facts about the moon.",
)
TOKENS = 150
SETTINGS = {"TEMPERATURE": "0", "REPLY_TOKENS": str(TOKENS), "LM_SLOTS": "4"}
SAME = 25  # characters that must agree again before a gap counts as one
FURTHEST = 40  # characters that a bad join may have lost or repeated
BY_CHANCE = 8  # characters that may agree by chance after a bad join
GOAL = 0.95  # where the model lives on; where it dies, of what llama.cpp alone repeats


@dataclass(frozen=True)
class Alone:
    """A reply nobody disturbed, and the prompt it answers."""

    text: str
    prompt: bare.Prompt


async def run(trial: Trial) -> None:
    """`trial.size` kills, one reply each, nobody else asking."""
    alone: dict[str, Alone] = {}
    person = trial.browser()
    for number in range(trial.size):
        question = QUESTIONS[number // len(SERVICES) % len(QUESTIONS)]
        if question not in alone:
            alone[question] = await _leave_alone(trial, person, question)
        await _interrupt(trial, person, question, alone[question], SERVICES[number % 4])
        say(f"  {number + 1}/{trial.size}: {_tell(trial)}")
    _judge(trial)
    await trial.settle_and_check()


def _judge(trial: Trial) -> None:
    """Where the model lives on, all three services together: one reply in fifteen says nothing."""
    spared = [service for service in SERVICES if service != MODEL]
    same = sum(trial.counts[f"identical after {service}"] for service in spared)
    kills = sum(trial.counts[f"kills of {service}"] for service in spared)
    if same < GOAL * kills:
        trial.miss(f"where the model lived on {same} of {kills} replies were identical")
    same = trial.counts[f"identical after {MODEL}"]
    bare = trial.counts[f"identical after {MODEL}, bare"]
    if same < GOAL * bare:
        trial.miss(f"after {MODEL} {same} replies were identical, of llama.cpp alone {bare}")


def _tell(trial: Trial) -> str:
    counts = trial.counts
    return f"{counts['identical']} identical, of llama.cpp alone {counts['identical, bare']}"


async def _leave_alone(trial: Trial, person: Browser, question: str) -> Alone:
    chat, _ = await _ask(trial, person, question)
    export = (await person.get(f"/chats/{chat}/export.json")).json()
    return Alone(export["messages"][-1]["content"], bare.make_prompt(export))


async def _interrupt(
    trial: Trial, person: Browser, question: str, alone: Alone, service: str
) -> None:
    """One kill; Parley's join and llama.cpp's own, side by side."""
    cut = int(trial.random.uniform(0.1, 0.6) * len(alone.text))
    chat, joined_at = await _ask(trial, person, question, service, cut)
    export = (await person.get(f"/chats/{chat}/export.json")).json()
    whole = export["messages"][-1]["content"]
    same = _is_same(alone.text, whole)
    trial.counts["identical"] += same
    trial.counts[f"identical after {service}"] += same
    trial.counts[f"kills of {service}"] += 1
    gap = find_gap(alone.text, whole, joined_at)
    if gap and not await _says_so_itself(trial, alone, whole):
        trial.violate("join", f"{service} killed after {joined_at} characters: {gap}", chat)
    same = await _cut_bare(trial, alone.prompt, cut, anew=service == MODEL)
    trial.counts["identical, bare"] += same
    trial.counts[f"identical after {service}, bare"] += same


async def _cut_bare(trial: Trial, prompt: bare.Prompt, cut: int, *, anew: bool) -> bool:
    """Whether llama.cpp alone says the same again when it goes on from the cut."""
    pieces = await bare.complete(trial.parley, prompt, TOKENS, anew=True)
    written = _cut_pieces(pieces, cut)
    left = TOKENS - len(written)
    more = await bare.complete(trial.parley, prompt, left, "".join(written), anew=anew)
    return _is_same("".join(pieces), "".join(written + more))


async def _ask(
    trial: Trial, person: Browser, question: str, service: str = "", cut: int = 0
) -> tuple[str, int]:
    """The chat with the whole reply, written at one go or with a kill after `cut` characters; and
    how many characters were there when the reply went on."""
    before = trial.parley.kill(MODEL)
    await trial.parley.wait_for_successor(MODEL, before, 60)
    await trial.parley.wait_until_well()
    chat = await person.open_chat()
    await person.send(chat, question)
    watching = begin_watching(person, chat)
    if service:
        reply = await until_written(trial, chat, cut)
        before = trial.parley.kill(service)
        trial.mark_fault()
        if service == MODEL:  # what had come is stored within a quarter of a second
            await asyncio.sleep(0.4)
            cut = _ask_database(trial, "char_length(text)", reply)
        await trial.parley.wait_for_successor(service, before, 60)
        await watching
        if service == "chat-ui":
            cut = _ask_database(trial, "length_at_claim", reply)
    await watching
    await trial.parley.wait_until_well()
    return chat, cut


def _ask_database(trial: Trial, what: str, reply: str) -> int:
    return int(trial.parley.sql(f"SELECT {what} FROM replies WHERE message_id = '{reply}'"))


def _cut_pieces(pieces: list[str], characters: int) -> list[str]:
    """The first pieces that make up at least so many characters."""
    length = 0
    for number, piece in enumerate(pieces, 1):
        length += len(piece)
        if length >= characters:
            return pieces[:number]
    return pieces


def _is_same(alone: str, whole: str) -> bool:
    """Identical, but perhaps for where the bound on a reply's length fell: a reply that goes on
    counts its earlier part by characters."""
    return alone.startswith(whole) or whole.startswith(alone)


async def _says_so_itself(trial: Trial, alone: Alone, whole: str) -> bool:
    """Whether llama.cpp alone goes on as Parley's reply did, from where the two part."""
    # From before the word in which they part: half a word would be read as another one.
    place = max(0, alone.text.rfind(" ", 0, find_parting(alone.text, whole) + 1))
    for anew in (True, False):
        pieces = await bare.complete(trial.parley, alone.prompt, 8, alone.text[:place], anew=anew)
        if whole[place:].startswith("".join(pieces[:4])):
            trial.counts["joins where the model itself begins oddly"] += 1
            return True
    return False


def find_parting(alone: str, whole: str) -> int:
    """How many characters they have in common."""
    pairs = enumerate(zip(alone, whole, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(alone), len(whole)))


def find_gap(alone: str, whole: str, joined_at: int) -> str:
    """What was lost or repeated at the join, empty if the two part elsewhere or differ in words."""
    place = find_parting(alone, whole)
    if place in (len(alone), len(whole)) or not joined_at <= place <= joined_at + BY_CHANCE:
        return ""
    for size in range(1, FURTHEST):
        if _agree(alone[place + size :], whole[place:]):
            return f"lost {alone[place : place + size]!r} at {place}"
        if _agree(alone[place:], whole[place + size :]):
            return f"repeated {whole[place : place + size]!r} at {place}"
    return ""


def _agree(one: str, other: str) -> bool:
    return len(one) >= SAME and one[:SAME] == other[:SAME]
