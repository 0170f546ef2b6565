"""Whether the time that an answer takes tells a stranger's id from one that nothing has."""

import statistics
import time

from tests.support.operations import Operation

from security.calls import choose_ids, find_ids
from security.found import Found
from security.people import Person, make_person, resemble
from security.ranks import differ_clearly, ratio
from security.stage import Stage
from security.surfaces import GUARDS, Surface, open_surfaces

TIMES = 100  # of each kind, in turn
SHORT_TIMES = 3  # which shows that it can be measured, and judges nothing
AGAIN = 4  # times as many, when they differ


def check(found: Found, stage: Stage, short: bool) -> None:
    """Every operation that takes ids, asked by Bob for Ann's and for nothing in turn."""
    parley = stage.parley()
    parley.wait_until_model_is_ready()
    ann, bob = make_person(parley), make_person(parley)
    ratios, again = [], 0
    with open_surfaces(parley) as surfaces:
        for surface in surfaces:
            for operation in surface.operations:
                if not find_ids(operation) or GUARDS[operation.guards] != "a person":
                    continue
                strange, unknown = measure(
                    surface, operation, ann, bob, SHORT_TIMES if short else TIMES
                )
                ratios.append(ratio(unknown, strange))
                differs = not short and differ_clearly(unknown, strange)
                if differs:
                    again += 1
                    strange, unknown = measure(surface, operation, ann, bob, AGAIN * TIMES)
                    differs = differ_clearly(unknown, strange)
                found.expect(
                    not differs,
                    f"{operation}: {ratio(unknown, strange):.2f} times as long for Ann's id",
                )
    times = SHORT_TIMES if short else TIMES
    found.see(f"{len(ratios)} operations, {times} answers of each kind, in turn")
    found.see(
        f"medians for a stranger's id ÷ for none: median {statistics.median(ratios):.3f},"
        f" {min(ratios):.2f}–{max(ratios):.2f}"
    )
    found.see(f"{again} measured again, as they differed" if not short else "not judged")


def measure(
    surface: Surface, operation: Operation, ann: Person, bob: Person, times: int
) -> tuple[list[float], list[float]]:
    """Seconds of answers for Ann's ids, and for ids of nothing; which comes first alternates."""
    hers = choose_ids(operation, ann.ids)
    nothing = {name: resemble(each) for name, each in hers.items()}
    taken: dict[bool, list[float]] = {True: [], False: []}
    for number in range(times + 1):
        for is_hers in (True, False) if number % 2 else (False, True):
            began = time.perf_counter()
            surface.ask(operation, bob, hers if is_hers else nothing)
            taken[is_hers].append(time.perf_counter() - began)
    return taken[True][1:], taken[False][1:]  # the first is of a connection's first statement
