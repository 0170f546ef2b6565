"""Whose browser it is: cookies that are forged, planted, too old or ended open nothing, and “Delete
all my data” leaves nothing."""

import httpx
from tests.support.cookies import Cookies
from tests.support.local_stack import LocalStack
from tests.support.operations import Operation
from tests.support.sql import sql
from tests.support.traces import find_in_files, find_in_tables

from security.calls import choose_ids
from security.found import Found
from security.people import Person, make_person
from security.stage import Stage
from security.surfaces import ENDING, GUARDS, UNSEEING, Surface, open_surfaces

UNNAMED = "INSERT INTO sessions (expires_at) VALUES (now() + interval '1 d') RETURNING id::text"
REFUSED = {401, 404, 422}


def check(found: Found, stage: Stage, short: bool) -> None:
    """Each by people of its own."""
    parley = stage.parley()
    parley.wait_until_model_is_ready()
    key = (parley.home / "secrets" / "cookie" / "key").read_text().strip()
    if stage.wants("forged cookies"):
        with open_surfaces(parley) as surfaces:
            forged = try_forged(found, surfaces[0], make_person(parley), Cookies("another key"))
        found.see(f"{forged} forged cookies refused")
    if stage.wants("planted cookies"):
        try_planted(found, parley, Cookies(key))
        found.see("a first name begins a new session")
    if stage.wants("ended sessions"):
        try_ended(found, parley)
    if stage.wants("deleted data"):
        try_deleted(found, parley)


def try_ended(found: Found, parley: LocalStack) -> None:
    """Whose session has expired, and who has signed out."""
    with open_surfaces(parley) as surfaces:
        expired, ended = make_person(parley), make_person(parley)
        sql(parley, "UPDATE sessions SET expires_at = now() WHERE id = %s", expired.session)
        submit(parley, ended, "/settings/sign-out")
        asked = sum(
            try_all(found, surface, who, how)
            for surface in surfaces
            for who, how in ((expired, "an expired session"), (ended, "an ended session"))
        )
    found.see(f"{asked} requests of ended sessions refused")


def try_deleted(found: Found, parley: LocalStack) -> None:
    """All of somebody's, looked for in tables and files."""
    deleted = make_person(parley)
    stem = deleted.word[:-3]  # as a dictionary might cut it
    tables = find_in_tables(parley, deleted.word, stem)
    sql(parley, "ANALYZE")  # as PostgreSQL does by itself at any time
    submit(parley, deleted, "/settings/forget")
    # Until they are taken again, the planner's samples have the id, which leads to nothing.
    left = find_in_tables(parley, deleted.session) - {"pg_statistic"}
    left |= find_in_tables(parley, deleted.word, stem)
    left |= find_in_files(parley, deleted.word.encode(), deleted.session.encode())
    found.expect(len(tables) > 5, f"the word was only in {', '.join(tables)}")
    found.expect(not left, f"deleted data is still in {', '.join(sorted(left))}")
    found.see(f"deleted from {len(tables)} tables, left in {len(left)}")


def try_planted(found: Found, parley: LocalStack, cookies: Cookies) -> None:
    """Somebody puts the cookie of a session without a name into another's browser, and waits."""
    ((planted,),) = sql(parley, UNNAMED)
    cookie = {"parley": cookies.sign({"id": planted})}
    for path, form in (("/chats", {"username": "Ann"}), ("/settings", {"name": "Ann"})):
        with (
            httpx.Client(base_url=parley.url, timeout=60) as ann,
            httpx.Client(base_url=parley.url, timeout=60, cookies=cookie) as eve,
        ):
            ann.cookies.set("parley", cookie["parley"], domain="localhost.local")
            answer = ann.post(path, data=form)
            found.expect("parley=" in answer.headers.get("set-cookie", ""), f"{path}: same cookie")
            found.expect("Ann" not in eve.get("/").text, f"{path}: the planted session got a name")


def try_forged(found: Found, chat_ui: Surface, ann: Person, forger: Cookies) -> int:
    """Cookies that Ann's server never signed, at her chat."""
    held = {"id": ann.session}
    body = ann.cookie.removeprefix("parley=")
    content, _, signature = body.partition(".")
    forged = {
        "signed with another key": forger.sign(held),
        "unsigned": content,
        "without its signature": f"{content}..",
        "with another time": f"{content}.{signature[::-1]}",
        "of somebody else, with this signature": f"{forger.sign(held).split('.')[0]}.{signature}x",
        "the bare id": ann.session,
        "cut short": body[:-3],
    }
    for how, value in forged.items():
        for name in ("parley", "__Host-parley"):
            answer = chat_ui.client.get(
                f"/chats/{ann.ids['chat']}", headers={"Cookie": f"{name}={value}"}
            )
            told = f"a cookie {how}: {answer.status_code}"
            found.expect(answer.status_code == 404 and ann.word not in answer.text, told)
    return 2 * len(forged)


def submit(parley: LocalStack, person: Person, path: str) -> None:
    """A button on the settings page, confirmed."""
    headers = {"Cookie": person.cookie}
    answer = httpx.post(f"{parley.url}{path}", headers=headers, data={"sure": "yes"}, timeout=60)
    assert answer.is_redirect, f"{path}: {answer.status_code}"


def try_all(found: Found, surface: Surface, who: Person, how: str) -> int:
    """Every operation as somebody whose session is over; how many there were."""
    asked = [each for each in surface.operations if is_of_a_session(each)]
    for operation in asked:
        ids = choose_ids(operation, who.ids)
        answer = surface.ask(operation, who, ids)
        leaked = who.leaks_into(answer.text, answer.sent)
        found.expect(not leaked, f"{operation} told {how} {', '.join(leaked)}")
        if "{" in operation.path and str(operation) not in UNSEEING:
            told = f"{operation} answered {how} with {answer.status}"
            found.expect(answer.status in REFUSED, told)
    return len(asked)


def is_of_a_session(operation: Operation) -> bool:
    """Whether people ask it, and can ask on."""
    return GUARDS[operation.guards] == "a person" and str(operation) not in ENDING
