"""Each answer says what it cost, and a fault in the log whose request it was."""

import re

from tests.db_api.api import Api, Person

TOLD = re.compile(r'db-api;dur=([\d.]+), sql;dur=([\d.]+);desc="(\d+) round trips"')


def test_an_answer_says_how_long_it_took_and_how_many_round_trips(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    counts = []
    for path in ("/health", f"/chats/{chat}", f"/chats/{chat}/page"):
        told = TOLD.fullmatch(ada.get(path).headers["server-timing"])
        assert told
        assert float(told[1]) >= float(told[2]) >= 0
        counts.append(int(told[3]))
    # A transaction begins with its first statement; its COMMIT is one more round trip.
    assert counts == [0, 2, 4]
    assert TOLD.fullmatch(api.http.get("/chats").headers["server-timing"]), "refused ones, too"
