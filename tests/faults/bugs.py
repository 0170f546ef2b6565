"""Five bugs that would break a promise without any other test noticing, perhaps."""

from dataclasses import dataclass

from tests.support.seeding import Change


@dataclass(frozen=True)
class Bug:
    """What is broken, how, and which promise is seen broken by which scenario."""

    name: str
    changes: tuple[Change, ...]
    scenario: str
    promise: str


# An answer that goes out a moment before what it says comes true.
LATE = """\
            if late:
                import threading
                connection = self.engines["app"].connect()
                send_first(connection, BEGIN_AS_PERSON, **whose)
                yield connection
                finish = lambda: (connection.exec_driver_sql("COMMIT"), connection.close())
                threading.Timer(0.3, finish).start()
                return
"""
# Where a person's transaction begins.
PERSON = '            with self._transaction("app", BEGIN_AS_PERSON, **whose) as'
# What row-level security asks.
IS_OWN = "session_id = (SELECT current_session())"
# Where the runner begins to store what its replies have gained.
STORE = """\
    async def _store(self, replies: list[ActiveReply]) -> None:
        async with self._storing:
"""

BUGS = (
    Bug(
        "acknowledge before commit",
        (
            Change(
                "db-api/app/sending/routes.py",
                "person(person) as connection:\n        sent = send.send(",
                "person(person, late=True) as connection:\n        sent = send.send(",
            ),
            Change(
                "db-api/app/db/transactions.py",
                "def person(self, session_id: UUID)",
                "def person(self, session_id: UUID, late: bool = False)",
            ),
            Change("db-api/app/db/transactions.py", PERSON, LATE + PERSON),
        ),
        scenario="at-the-answer",
        promise="I1",
    ),
    # Both guards must go, or nothing leaks: the query's own WHERE, and row-level security.
    Bug(
        "drop the ownership check",
        (
            Change("db-api/sql/policies/chats.sql", IS_OWN, "true", times=2),
            Change("db-api/sql/policies/messages.sql", IS_OWN, "true", times=6),
            Change("db-api/sql/policies/replies.sql", IS_OWN, "true", times=4),
            Change(
                "db-api/app/chats/repository.py",
                '"chat"), Chat.session_id == bindparam("owner"), ',
                '"chat"), (Chat.session_id == bindparam("owner")).is_not(None), ',
            ),
            Change(
                "db-api/app/messages/repository.py",
                "WHERE id = :last AND chat_id = :chat_id AND session_id = :session_id",
                "WHERE id = :last AND chat_id = :chat_id",
            ),
            Change(
                "db-api/app/messages/repository.py",
                "WHERE branch.depth < :limit AND p.session_id = :session_id",
                "WHERE branch.depth < :limit",
            ),
            Change(
                "db-api/app/messages/repository.py",
                "\nWHERE m.session_id = :session_id\n",
                "\nWHERE m.session_id IS NOT NULL\n",
            ),
        ),
        scenario="strangers",
        promise="I6",
    ),
    Bug(
        "drop the idempotency key",
        (
            Change(
                "db-api/app/sending/storing.py",
                "    AND sent.client_key = :client_key\n",
                "    AND sent.client_key = :client_key AND false\n",
            ),
            Change(
                "db-api/app/sending/send.py",
                "'user', :content, :client_key)",
                "'user', :content, CAST(NULL AS text))",
            ),
            Change(
                "db-api/app/chats/repository.py",
                "tools, CAST(:client_key AS varchar)",
                "tools, CAST(NULL AS varchar)",
            ),
        ),
        scenario="one-key",
        promise="I4",
    ),
    Bug(
        "show before store",
        (
            Change(
                "chat-ui/app/replies/runner.py",
                STORE,
                STORE + "            for early in replies:\n"
                "                steps = early.text.tell_final(1 << 30)\n"
                '                unstored = early.update().model_copy(update={"steps": steps})\n'
                "                self._publisher.publish(early.claim.chat_id, unstored)\n",
            ),
        ),
        scenario="unstored",
        promise="I3",
    ),
    Bug(
        "skip the lease check",
        (
            Change("db-api/app/queue/progress.py", "{HELD}", "r.state = 'running'", times=2),
            Change(
                "db-api/app/queue/finish.py",
                "        if held.worker != request.worker:\n            raise LeaseLost\n",
                "",
            ),
        ),
        scenario="expired",
        promise="I3",
    ),
)
