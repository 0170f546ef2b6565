"""A kill in the middle of a reply at temperature 0, held against the same reply left alone.

The model's server is restarted before each reply, so that both begin alike to the last bit; and the
one left alone was written just before, because a restarted server gets what it had read before.
Beside each, llama.cpp alone is cut at the same place and continues: what it does not repeat word
for word, nobody can.
"""

import asyncio
from dataclasses import dataclass

from faults import bare
from faults.browser import Browser
from faults.invariants import find_parting
from faults.scenarios.moments import ask
from faults.terminal import say
from faults.trial import Trial

MODEL = "lm-api"  # after its death the prompt is read again, by which the last bits differ
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
SAME = 25  # characters that must agree again before a gap counts as one
FURTHEST = 40  # characters that a bad join may have lost or repeated
BY_CHANCE = 8  # characters that may agree by chance after a bad join
GOAL = 0.95  # where the model lives on; where it dies, of what llama.cpp alone repeats
LENGTH = "SELECT char_length(text), progress_at_claim FROM replies WHERE message_id = %s"


@dataclass(frozen=True)
class Written:
    """A whole reply, the prompt it answers, and how many characters were there when it was
    continued."""

    chat: str
    text: str
    prompt: bare.Prompt
    joined_at: int


async def run(trial: Trial) -> None:
    """`trial.size` kills, one reply each, nobody else asking."""
    person, counts = trial.browser(), trial.found.counts
    for number in range(trial.size):
        service = SERVICES[number % len(SERVICES)]
        question = QUESTIONS[number // len(SERVICES) % len(QUESTIONS)]
        if service == SERVICES[0]:
            alone = await _ask(trial, person, question)
        await _interrupt(trial, person, question, alone, service)
        same = f"{counts['identical']} identical, of llama.cpp alone {counts['identical, bare']}"
        say(f"  {number + 1}/{trial.size}: {same}")
    _judge(trial)


def _judge(trial: Trial) -> None:
    """Where the model lives on, all three services together: one reply in fifteen says nothing."""
    counts, spared = trial.found.counts, [service for service in SERVICES if service != MODEL]
    same = sum(counts[f"identical after {service}"] for service in spared)
    kills = sum(counts[f"kills of {service}"] for service in spared)
    missed = trial.found.missed
    if same < GOAL * kills:
        missed.append(f"where the model lived on {same} of {kills} replies were identical")
    same, alone = (counts[f"identical after {MODEL}{how}"] for how in ("", ", bare"))
    if same < GOAL * alone:
        missed.append(f"after {MODEL} {same} replies were identical, of llama.cpp alone {alone}")


async def _interrupt(
    trial: Trial, person: Browser, question: str, alone: Written, service: str
) -> None:
    """One kill; Parley's join and llama.cpp's own, side by side."""
    cut = int(trial.rng.uniform(0.1, 0.6) * len(alone.text))
    whole = await _ask(trial, person, question, service, cut)
    gap = find_gap(alone.text, whole.text, whole.joined_at)
    if gap and not await _says_so_itself(trial, alone, whole.text):
        words = f"{service} killed after {whole.joined_at} characters: {gap}"
        trial.found.violate("join", words, whole.chat)
    bare_same = await _cut_bare(trial, alone.prompt, cut, uncached=service == MODEL)
    for how, same in (("", _is_same(alone.text, whole.text)), (", bare", bare_same)):
        trial.found.counts[f"identical{how}"] += same
        trial.found.counts[f"identical after {service}{how}"] += same


def _limit_tokens(trial: Trial) -> int:
    """How long a reply may get here."""
    return 60 if trial.quick else 150


async def _ask(
    trial: Trial, person: Browser, question: str, service: str = "", cut: int = 0
) -> Written:
    """The reply, written at one go or with a kill of a service after `cut` characters."""
    parley = trial.parley
    await parley.wait_until_replaced(MODEL, parley.kill(MODEL))
    await parley.wait_until_well()
    settings = {"temperature": "0", "reply_tokens": str(_limit_tokens(trial))}
    asked = await ask(trial, person, cut, text=question, settings=settings)
    if service:
        before = trial.kill(service)
        if service == MODEL:  # what had come is stored within a quarter of a second
            await asyncio.sleep(0.4)
            cut = parley.sql(LENGTH, asked.reply)[0][0]
        await parley.wait_until_replaced(service, before)
    await asked.watching
    if service == "chat-ui":
        cut = parley.sql(LENGTH, asked.reply)[0][1]
    await parley.wait_until_well()
    export = (await person.get(f"/chats/{asked.chat}/export.json")).json()
    return Written(asked.chat, export["messages"][-1]["content"], bare.make_prompt(export), cut)


async def _cut_bare(trial: Trial, prompt: bare.Prompt, cut: int, *, uncached: bool) -> bool:
    """Whether llama.cpp alone says the same again when it continues from the cut."""
    count, tokens = 0, _limit_tokens(trial)
    pieces = await bare.complete(trial.parley, prompt, tokens, uncached=True)
    while count < len(pieces) and sum(map(len, pieces[:count])) < cut:
        count += 1
    written = "".join(pieces[:count])
    more = await bare.complete(trial.parley, prompt, tokens - count, written, uncached=uncached)
    return _is_same("".join(pieces), written + "".join(more))


def _is_same(alone: str, whole: str) -> bool:
    """Identical, but perhaps for where the bound on a reply's length fell: a reply that is
    continued counts its earlier part by characters."""
    return alone.startswith(whole) or whole.startswith(alone)


async def _says_so_itself(trial: Trial, alone: Written, whole: str) -> bool:
    """Whether llama.cpp alone continues as Parley's reply did, from where the two part."""
    # From before the word in which they part: half a word would be read as another one.
    start = max(0, alone.text.rfind(" ", 0, find_parting(alone.text, whole) + 1))
    for uncached in (True, False):
        pieces = await bare.complete(
            trial.parley, alone.prompt, 8, alone.text[:start], uncached=uncached
        )
        if whole[start:].startswith("".join(pieces[:4])):
            trial.found.counts["joins where the model itself begins oddly"] += 1
            return True
    return False


def find_gap(alone: str, whole: str, joined_at: int) -> str:
    """What was lost or repeated at the join, empty if the two differ before it, or in words."""
    parting = find_parting(alone, whole)
    if parting in (len(alone), len(whole)) or not joined_at <= parting <= joined_at + BY_CHANCE:
        return ""
    for size in range(1, FURTHEST):
        if _agree(alone[parting + size :], whole[parting:]):
            return f"lost {alone[parting : parting + size]!r} at {parting}"
        if _agree(alone[parting:], whole[parting + size :]):
            return f"repeated {whole[parting : parting + size]!r} at {parting}"
    return ""


def _agree(one: str, other: str) -> bool:
    return len(one) >= SAME and one[:SAME] == other[:SAME]
