"""What the runner makes of its supervisor's words, without a process of its own."""

import signal
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from local.run import SECOND_CHANCE, Runner, Stopped
from local.say import Problem
from local.stack import Stack


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """One of the services that there always are, whose supervisor only answers."""
    for name in ("EMBED_MODEL", "ANSWER_MODEL", "VISION"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("NGINX", "off")
    stack = Stack(tmp_path, "127.0.0.1", 8080)
    stack.make_directories()
    runner = Runner(stack)
    runner.supervisor = Mock(**{"states.return_value": {}})
    yield runner
    signal.set_wakeup_fd(-1)
    for tail in runner._tails:
        tail.close()


@pytest.mark.parametrize(
    ("state", "code", "done"),
    [
        ("STARTING", 0, False),
        ("STARTING", 1, False),  # after it has failed once
        ("EXITED", 0, True),
        ("EXITED", 1, None),
        ("FATAL", 0, None),
        ("UNKNOWN", 0, None),
    ],
)
def test_pages_wait_for_the_migrations_and_a_failed_one_ends_the_start(
    runner: Runner, state: str, code: int, done: bool | None
) -> None:
    runner.supervisor.states.return_value = {"migrate": (state, code)}  # type: ignore[attr-defined]
    if done is None:
        with pytest.raises(Problem, match="the migrations failed"):
            runner._is_migrated()
    else:
        assert runner._is_migrated() == done


@pytest.mark.parametrize(("is_up", "tried"), [(True, ["db"]), (False, [])])
def test_a_service_that_was_given_up_is_tried_again_but_for_the_migrations(
    runner: Runner, is_up: bool, tried: list[str]
) -> None:
    states = {"db": ("FATAL", 0), "migrate": ("FATAL", 0), "lm-api": ("RUNNING", 0)}
    runner.supervisor = supervisor = Mock()
    supervisor.is_up.return_value, supervisor.states.return_value = is_up, states
    runner._looked = -2 * SECOND_CHANCE
    runner._step(0)
    assert [call.args[0] for call in supervisor.start.call_args_list] == tried


def test_a_signal_and_a_dead_supervisor_end_the_run(runner: Runner) -> None:
    runner._daemon = Mock(poll=Mock(return_value=None))
    runner._step(0)
    runner._daemon.poll.return_value = -9
    with pytest.raises(Problem, match="the supervisor was killed"):
        runner._step(0)
    runner._signals = 1
    with pytest.raises(Stopped):
        runner._step(0)


def test_it_ends_when_nobody_reads_its_words(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.run.listener", Mock(has_left=lambda: True))
    with pytest.raises(Stopped):
        runner._step(0)


def test_what_is_not_wanted_is_not_started(runner: Runner) -> None:
    assert runner.services == ["db", "migrate", "db-api", "lm-api", "chat-ui", "doc-worker"]


def test_it_is_ready_when_the_services_have_said_what_they_had_to_say(runner: Runner) -> None:
    runner._waiter = Mock(wait=Mock(side_effect=[True, True, False]))
    runner._say_ready("a model")


def test_what_does_not_become_ready_is_named(runner: Runner) -> None:
    with pytest.raises(Problem, match="db: not ready"):
        runner._wait("db", lambda: False, 0)
