"""Every route, asked by a stranger and by nobody for what is somebody's.

Ann has one of everything. Bob, and a browser without a session, ask every operation with her ids:
all of them, and one of them among Bob's own. What they are answered must be what they are answered
for ids that don't exist, must hold nothing of hers, and must change none of her rows. Last, Ann
asks herself, which shows that the calls would have reached something.
"""

import uuid
from collections import Counter

import httpx
from tests.support.local_stack import LocalStack
from tests.support.operations import Operation

from security.calls import choose_ids, find_ids, make_call
from security.found import Found
from security.people import (
    SCOPES,
    Person,
    fingerprint,
    make_person,
    make_token,
    read_id,
    resemble,
)
from security.sockets import SOCKET, try_sockets
from security.stage import Stage
from security.surfaces import (
    ENDING,
    GUARDS,
    UNSEEING,
    Answer,
    Surface,
    Way,
    find_undescribed,
    find_unplaced,
    list_routes,
    open_surfaces,
)

MALFORMED = ("x", "0", "../x", "%00", "'--")
# What takes something away, so that it comes last; a chat takes all else with it.
CHANCES = 3  # that two answers get to be alike, which now and then differ by chance
TAKES_AWAY = ("/delete", "/remove", "/revoke")


def check(found: Found, stage: Stage, short: bool) -> None:
    """All of it; the short form leaves out malformed ids, and some ways to ask."""
    parley = stage.parley()
    parley.wait_until_model_is_ready()
    with open_surfaces(parley) as surfaces:
        for surface in surfaces:
            routes = list_routes(parley, surface.name)
            for what in find_undescribed(routes, surface.operations):
                found.expect(False, f"{surface.name}: {what}")
            for what in find_unplaced(surface.operations):
                found.expect(False, f"{surface.name}: {what}")
            surface.operations = [each for each in surface.operations if stage.wants(str(each))]
        if any(find_unplaced(surface.operations) for surface in surfaces):
            return  # they can't be asked
        matrix = Matrix(found, parley, short)
        before = fingerprint(parley, matrix.ann)
        for surface in surfaces:
            matrix.try_all(surface)
            rows = fingerprint(parley, matrix.ann)
            changed = [table for table in rows if rows[table] != before[table]]
            found.expect(not changed, f"{surface.name}: strangers changed {', '.join(changed)}")
        programs = try_programs(found, surfaces[0], parley)
        tokens = try_tokens(found, surfaces[1], parley)
        sockets = try_sockets(found, parley) if stage.wants(SOCKET) else 0
        reached = sum(matrix.ask_for_own(surface) for surface in surfaces)
    found.see(f"{sum(len(surface.operations) for surface in surfaces)} operations")
    found.see(", ".join(f"{count} {what}" for what, count in matrix.counts.items()))
    found.see(f"{programs} calls with a program's wrong or narrow token refused")
    found.see(f"{sockets} WebSockets, with wrong and narrow tokens and from other sites")
    found.see(f"{tokens} calls with a wrong token refused")
    found.see(f"{reached} operations that answered their owner otherwise")


class Matrix:
    """Ann, whose things are asked for, and Bob, whose own may be used up by that."""

    def __init__(self, found: Found, parley: LocalStack, short: bool) -> None:
        self._found, self._parley, self._short = found, parley, short
        self.ann, self._bob = make_person(parley), make_person(parley)
        self.counts: Counter[str] = Counter()

    def try_all(self, surface: Surface) -> None:
        """Every operation that people may ask, what takes something away last."""
        for operation in sorted(surface.operations, key=takes_away):
            guard = GUARDS[operation.guards]
            if guard in ("a person", "anybody") and str(operation) not in ENDING:
                for who in (self._bob, None):
                    self._try(surface, operation, who)

    def _try(self, surface: Surface, operation: Operation, who: Person | None) -> None:
        names = find_ids(operation)
        for way in surface.list_ways(self._short):
            for alone in ["", *names] if len(names) > 1 else [""]:
                self._compare(surface, operation, who, alone, way)
        for word in [] if self._short else MALFORMED:
            answer = surface.ask(operation, who, dict.fromkeys(names, word), Way(True))
            told = f"{operation} with {word}: {answer.status}"
            self._found.expect(answer.status < 500, told)
            self.counts["with malformed ids"] += 1

    def _compare(
        self, surface: Surface, operation: Operation, who: Person | None, alone: str, way: Way
    ) -> None:
        """Ann's ids and ids of nothing in their place: for all inputs, or for the one that is
        `alone` among Bob's own."""
        asked_by = "a stranger" if who else "nobody"
        told = f"{operation} by {asked_by}"
        mixed = mix(operation, alone, self.ann, who or self._bob)
        strange, unknown = (surface.ask(operation, who, ids, way) for ids in mixed)
        leaked = self.ann.leaks_into(strange.text, strange.sent)
        self._found.expect(not leaked, f"{told}: tells {', '.join(leaked)}")
        for _ in range(CHANCES):
            if not (differ(operation, strange, unknown) and who):
                break
            # By chance; or the first has used up what is Bob's, so each gets a Bob of its own.
            used_up = operation.method != "get"
            bobs = [make_person(self._parley) if used_up else who for _ in mixed]
            strange, unknown = (
                surface.ask(operation, bob, mix(operation, alone, self.ann, bob)[n], way)
                for n, bob in enumerate(bobs)
            )
        statuses = f"{strange.status} for Ann's id, {unknown.status} for none"
        differs = differ(operation, strange, unknown)
        where = strange.describe_difference(unknown)
        self._found.expect(not differs, f"{told}: another answer, {statuses}: {where}")
        self._found.expect(max(strange.status, unknown.status) < 500, f"{told}: {statuses}")
        self.counts[f"requests of {asked_by}"] += 2

    def ask_for_own(self, surface: Surface) -> int:
        """Each operation with ids, asked by whose they are: it must answer otherwise than for ids
        of nothing, or what was asked before has shown nothing. How many there were."""
        owner, count = make_person(self._parley), 0
        for operation in sorted(surface.operations, key=takes_away):
            is_asked = GUARDS[operation.guards] == "a person" and str(operation) not in UNSEEING
            if is_asked and find_ids(operation):
                count += 1
                # What came before may have used it up.
                told = tells_own(surface, operation, owner) or tells_own(
                    surface, operation, make_person(self._parley)
                )
                self._found.expect(told, f"{operation} can't tell its owner's ids from others")
        return count


def mix(
    operation: Operation, alone: str, ann: Person, bob: Person
) -> tuple[dict[str, str], dict[str, str]]:
    """Ann's ids, and ids of nothing in their place."""
    hers, his = (choose_ids(operation, who.ids) for who in (ann, bob))
    nothing = {name: resemble(each) for name, each in hers.items()}
    if alone:
        return his | {alone: hers[alone]}, his | {alone: nothing[alone]}
    return hers, nothing


def differ(operation: Operation, strange: Answer, unknown: Answer) -> bool:
    """Whether two answers tell anything. Where something was done with Bob's own, each leads to
    another page."""
    if operation.method != "get" and strange.status == unknown.status < 400:
        return False
    return strange.shape != unknown.shape


def tells_own(surface: Surface, operation: Operation, owner: Person) -> bool:
    """Whether it answers for the owner's ids otherwise than for ids of nothing."""
    own = choose_ids(operation, owner.ids)
    nothing = {name: resemble(each) for name, each in own.items()}
    return any(
        surface.ask(operation, owner, nothing, way).shape
        != surface.ask(operation, owner, own, way).shape
        for way in surface.list_ways(short=False)
    )


def try_tokens(found: Found, db_api: Surface, parley: LocalStack) -> int:
    """Each operation of db-api without a token, with a made-up one and with that of the other kind
    of caller; how many there were."""
    tokens = {
        name: (parley.home / "secrets" / name / "token").read_text().strip()
        for name in ("db-api", "doc-worker")
    }
    count = 0
    for operation in db_api.operations:
        guard = GUARDS[operation.guards]
        if guard == "anybody":
            continue
        theirs = tokens["db-api" if guard == "doc-worker" else "doc-worker"]
        for shown in ("", "Bearer x", f"Bearer {theirs}"):
            nobody = {name: str(uuid.uuid4()) for name in find_ids(operation)}
            headers = {"Authorization": shown, "X-Session-ID": str(uuid.uuid4())}
            answer = db_api.send(make_call(operation, nobody, whole=True), headers)
            found.expect(answer.status == 401, f"{operation} with another token: {answer.status}")
            count += 1
    return count


def try_programs(found: Found, chat_ui: Surface, parley: LocalStack) -> int:
    """Each operation for programs, with its owner's ids: without a token, with a cookie alone, with
    one that was revoked, that was signed with another key, or that may do all else; how many
    there were."""
    owner = make_person(parley)
    with httpx.Client(base_url=parley.url, headers={"Cookie": owner.cookie}, timeout=60) as browser:
        narrow = {
            scope: make_token(browser, owner.word, *(other for other in SCOPES if other != scope))
            for scope in SCOPES
        }
        revoked = make_token(browser, owner.word, *SCOPES)
        address = f"/settings/tokens/{read_id(revoked)}/revoke"
        found.expect(browser.post(address).is_redirect, "a token can't be revoked")
    head, payload, _ = owner.token.split(".")
    wrong = ("x", revoked, f"{head}.{payload}.{'A' * 43}")
    count = 0
    for operation in chat_ui.operations:
        if operation.guards != {"token"}:
            continue
        ids = choose_ids(operation, owner.ids)
        asked = [({"Authorization": f"Bearer {token}"}, 401) for token in wrong]
        asked += [({}, 401), ({"Cookie": owner.cookie}, 401)]
        asked += [({"Authorization": f"Bearer {narrow[scope]}"}, 403) for scope in operation.scopes]
        for headers, status in asked:
            answer = chat_ui.send(make_call(operation, ids, whole=True), headers)
            told = f"{operation} with {headers}: {answer.status}"
            found.expect(answer.status == status, told)
            found.expect(not owner.leaks_into(answer.text, answer.sent), f"{told}, and tells")
            count += 1
    return count


def takes_away(operation: Operation) -> tuple[bool, bool]:
    """What comes last in a list that is sorted by this."""
    takes = operation.method == "delete" or operation.path.endswith(TAKES_AWAY)
    path = operation.path.removeprefix("/api").removesuffix("/delete")
    return takes, takes and path == "/chats/{chat_id}"
