"""What several of these tests begin with."""

from pathlib import Path

import pytest

from local.ports import free_port
from local.stack import Stack


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """One whose ports are chosen."""
    stack = Stack(tmp_path, "127.0.0.1", free_port())
    stack.make_directories()
    stack.choose_ports()
    return stack
