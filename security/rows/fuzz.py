"""Requests that Schemathesis makes from the OpenAPI documents: no answer of 5xx, and a healthy
share of 2xx, or nothing behind the first door was tried."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from local.supervision import Supervisor, socket_path
from tests.support.local_stack import LocalStack
from tests.support.operations import Operation

from security.found import Found
from security.fuzzing import Fuzzed, fuzz
from security.people import Person, connect_to_db_api, make_person
from security.stage import Stage
from security.surfaces import ENDING, GUARDS, Surface, open_surfaces

EXAMPLES, SHORT_EXAMPLES = 30, 3  # of each operation, at most
CHATS = 12  # that may be deleted meanwhile
HEALTHY = 0.15  # of 2xx; most requests are wrong on purpose
ENDLESS = ("/events", "/live")  # while the model is away
# Told, and no violation: what a person may write has rules that a schema can't say, and forms are
# read as browsers send them, whatever else is there. Of IgnoredAuth only db-api is judged: chat-ui
# answers who has no session with a page for everybody, or with 404, where Schemathesis knows but
# 401 and 403; the row `matrix` looks at what is in them.
# nginx refuses TRACE itself, and a GET where a form is posted leads back to the form's page.
LOOSE = {
    *("RejectedPositiveData", "AcceptedNegativeData"),
    *("UnsupportedMethodResponse", "AllowHeaderMismatch"),
}
NEW = {"username": "Ann", "system_prompt": "", "opening_message": None}


def check(found: Found, stage: Stage, short: bool) -> None:
    """As a person at chat-ui and at db-api, as a service, and as doc-worker. The model is away, so
    that nothing is written meanwhile."""
    parley = stage.parley()
    parley.wait_until_model_is_ready()
    person = make_person(parley)
    supervisor, good = Supervisor(socket_path(parley.stack)), 0.0
    supervisor.stop("lm-api")
    folder = parley.home / "fuzz"
    folder.mkdir()
    try:
        ids = prepare(parley, person)
        with open_surfaces(parley) as surfaces:
            runs = {
                f"{surface.name} as {who}": partial(
                    fuzz,
                    str(surface.client.base_url),
                    choose(surface, who),
                    headers,
                    ids,
                    folder / f"{surface.name}-{who.split()[-1]}",
                    examples=SHORT_EXAMPLES if short else EXAMPLES,
                    short=short,
                )
                for surface in surfaces
                for who, headers in list_callers(parley, surface, person).items()
            }
        # Most of a short run is the programs' own start, which fills one processor each.
        with ThreadPoolExecutor(2 if short else 1) as programs:
            for who, fuzzed in zip(
                runs, programs.map(lambda run: run(), runs.values()), strict=True
            ):
                judge(found, who, fuzzed)
                good += fuzzed.statuses.total() * fuzzed.share(2)
        share = good / max(found.tried, 1)
        found.expect(share >= HEALTHY, f"only {share:.0%} of all answers are of 2xx")
    finally:
        shutil.rmtree(folder)
        supervisor.start("lm-api")


def choose(surface: Surface, who: str) -> list[Operation]:
    """What they may ask, and ask on after it, and what comes to an end."""
    return [
        each
        for each in surface.operations
        if GUARDS[each.guards] in (who, "anybody")
        and str(each) not in ENDING
        and not each.path.endswith(ENDLESS)
    ]


def prepare(parley: LocalStack, person: Person) -> dict[str, list[str]]:
    """Ids of what there is, some of it more than once."""
    ids = {noun: [each] for noun, each in person.ids.items()}
    with connect_to_db_api(parley) as db_api:
        headers = {"X-Session-ID": person.session}
        for _ in range(CHATS):
            chat = db_api.post("/chats", json=NEW, headers=headers).raise_for_status()
            ids["chat"].append(chat.json()["id"])
    return ids


def list_callers(parley: LocalStack, surface: Surface, person: Person) -> dict[str, dict[str, str]]:
    """Who asks there, with what they show."""
    if surface.name == "chat-ui":
        return {"a person": surface.identify(person)}
    token = (parley.home / "secrets" / "doc-worker" / "token").read_text().strip()
    return {
        "a person": surface.identify(person),
        "a service": surface.identify(None),
        "doc-worker": {"Authorization": f"Bearer {token}"},
    }


def judge(found: Found, who: str, fuzzed: Fuzzed) -> None:
    """One run."""
    found.tried += fuzzed.requests
    errors = sum(count for status, count in fuzzed.statuses.items() if status >= 500)
    wide = len({operation for check, operation in fuzzed.failures if check in LOOSE})
    found.see(
        f"{who}: {fuzzed.requests} requests, {fuzzed.share(2):.0%} of 2xx, {errors} of 5xx; {wide}"
        " operations whose document is less strict or stricter"
    )
    for check, operation in sorted(fuzzed.failures):
        fine = check in LOOSE or (who.startswith("chat-ui") and check == "IgnoredAuth")
        found.expect(fine, f"{who}: {check}: {operation}")
