"""Every scenario, in the order of the scorecard's table."""

from faults.scenarios import (
    background,
    busy,
    clock,
    full_disk,
    ingestion,
    join,
    kills,
    long_chat,
    odd_bytes,
    outages,
    programs,
    readers,
    schemas,
    sending,
    stopping,
    strangers,
    takeover,
    tools,
)
from faults.scenarios.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        "kills",
        "`kill -9` of nginx, chat-ui, db-api, PostgreSQL, lm-api, at random moments, mid-request"
        " and mid-reply",
        kills.run,
        size=100,
        quick_size=1,
        part_size=5,
    ),
    Scenario(
        "ingestion",
        "`kill -9` of doc-worker, db-api, chat-ui, PostgreSQL, nginx in mid-upload and mid-reading,"
        " and of embed while it makes vectors: every confirmed document whole, every page once,"
        " nothing left of what was cut off",
        ingestion.run,
        size=50,
        quick_size=1,
        part_size=10,
        home=ingestion.with_embed,
    ),
    Scenario(
        "at-the-answer",
        "`kill -9` of db-api, PostgreSQL, chat-ui in the moment of the acknowledgement",
        outages.kill_at_the_answer,
        size=30,
        quick_size=2,
    ),
    Scenario(
        "cutting",
        "connections cut in mid-request and mid-stream",
        outages.cut_connections,
        size=60,
        quick_size=5,
    ),
    Scenario(
        "retries",
        "connections of programs cut at any moment, the request sent again with an SDK's mark: one"
        " answer each, written once; the slot is idle within 1 s",
        programs.cut_connections,
        size=100,
        quick_size=2,
    ),
    Scenario(
        "program-kills",
        "`kill -9` of chat-ui and db-api while an answer is streamed to a program that asks again:"
        " what it saw and what it gets is what is stored",
        programs.kill_services,
        size=50,
    ),
    Scenario(
        "schema-kills",
        "`kill -9` of lm-api and chat-ui in the middle of an answer, or of the arguments of a call,"
        " that has to fit a schema: the program gets it whole, once, and it fits",
        schemas.kill_services,
        size=50,
        quick_size=2,
    ),
    Scenario(
        "tool-kills",
        "`kill -9` of chat-ui while a tool runs that the model has called: no call is run twice,"
        " the reply ends with what is known of it",
        tools.kill_in_mid_call,
        size=30,
        home=tools.with_a_tool,
    ),
    Scenario(
        "background-kills",
        "`kill -9` of nginx, chat-ui, db-api, PostgreSQL, lm-api in the middle of an answer in the"
        " background: OpenAI's SDK, unmodified, resumes, and the joined text is the stored one",
        background.kill_services,
        size=200,
        part_size=25,
    ),
    Scenario(
        "one-key",
        "20 parallel sends with one key, in a chat and to begin one: one chat, one message, one"
        " reply, one generation",
        sending.send_with_one_key,
        size=10,
        quick_size=1,
    ),
    Scenario(
        "two-tabs",
        "two tabs sending at once: one order everywhere",
        sending.send_in_two_tabs,
        size=10,
        quick_size=1,
    ),
    Scenario(
        "away",
        "lm-api gone for a minute: the same reply continues and completes",
        outages.take_the_model_away,
    ),
    Scenario(
        "over-limit",
        "a message over the limit: 413 with size and limit, the text still in the box",
        sending.send_too_much,
        quick_size=1,
    ),
    Scenario(
        "odd-bytes",
        "NUL, lone surrogates, broken UTF-8, a 30 kB single line",
        odd_bytes.run,
        quick_size=1,
    ),
    Scenario(
        "clock",
        "the database's clock jumps a day, either way: order unchanged, every reply ends",
        clock.run,
        size=2,
        home=clock.with_a_clock_of_its_own,
    ),
    Scenario(
        "long-chat",
        "10,000-message chat: opens like one of 10 (±20 %), exports whole",
        long_chat.run,
        quick_size=1,
    ),
    Scenario(
        "strangers",
        "a stranger tries every door, in mid-reply and afterwards",
        strangers.run,
        size=10,
        quick_size=1,
    ),
    Scenario(
        "leaving",
        "client disconnects mid-reply: it completes and is there on return",
        readers.leave,
        size=20,
        quick_size=2,
    ),
    Scenario(
        "stopping",
        "Stop: the slot is idle within 1 s; text kept",
        stopping.run,
        size=20,
        quick_size=1,
    ),
    Scenario(
        "unstored",
        "db-api is killed, and the writing copy of chat-ui before it is back",
        outages.kill_with_unstored_text,
        size=10,
        quick_size=1,
    ),
    Scenario(
        "expired",
        "a stopped copy's lease runs out, another takes over, the first one wakes up in mid-reply",
        lambda trial: takeover.run(trial, expire=True),
        size=10,
        quick_size=3,
    ),
    Scenario(
        "stopped",
        "SIGSTOP of chat-ui for 30 s beside a second copy",
        lambda trial: takeover.run(trial, expire=False),
        size=3,
    ),
    Scenario(
        "busy",
        "every core busy with other programs for a minute: no lease of a living runner runs out",
        busy.run,
        size=60,
    ),
    Scenario(
        "slow-readers",
        "50 readers at 1 byte/s: stored whole; others' first word within 2× of normal",
        readers.read_slowly,
        size=5,
    ),
    Scenario(
        "join",
        "a kill falls inside a reply, nobody else asking, temperature 0, real model",
        join.run,
        size=60,
        quick_size=1,
        patience=7200.0,
    ),
    Scenario(
        "database-disk",
        "database disk full: a clear error, nothing acknowledged that is not stored; it heals",
        lambda trial: full_disk.run(trial, "db"),
        size=3,
        home=full_disk.small_database_disk,
    ),
    Scenario(
        "whole-disk",
        "the one disk of everything full, logs and all",
        lambda trial: full_disk.run(trial, ""),
        size=3,
        quick_size=1,
        home=full_disk.one_small_disk,
    ),
)
