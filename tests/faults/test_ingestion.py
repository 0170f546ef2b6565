"""A document that isn't whole is found, and one that is whole isn't."""

from typing import Any

import pytest

from faults.scenarios.ingestion import find_faults
from faults.uploads import Sent

SENT = Sent("a.pdf", ["One. Two.", "Three."], b"%PDF")
WHOLE: dict[str, Any] = {
    "states": ["complete"],
    "pages": [(1, "One. Two."), (2, "Three.")],
    "passages": [(1, 0, True), (1, 5, True), (2, 0, True)],
    "original": b"%PDF",
}


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ({}, []),
        ({"states": []}, ["it was confirmed, and is gone"]),
        ({"states": ["failed"]}, ["it was confirmed, and is failed"]),
        ({"original": b"%PD"}, ["its bytes are not those that were sent"]),
        ({"pages": [(1, "One. Two."), (2, "3.")]}, ["2 pages are stored that are not its 2"]),
        ({"passages": [(1, 0, True)]}, ["there are pages without passages"]),
        (
            {"passages": [(1, 0, True), (2, 0, True), (2, 0, True)]},
            ["there are passages twice"],
        ),
        (
            {"passages": [(1, 0, True), (2, 0, False)]},
            ["there are passages that are not what their page says"],
        ),
    ],
)
def test_what_is_wrong_with_a_document_is_found(what: dict[str, Any], found: list[str]) -> None:
    assert find_faults(SENT, **(WHOLE | what)) == found
