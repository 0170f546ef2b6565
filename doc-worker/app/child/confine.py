"""Takes from this process what it doesn't need, before it opens a file: memory, time, the network,
all files but programs and libraries. What it starts inherits that.

Linux has two means that need no privilege: a filter of system calls (seccomp(2)) and one of paths
(landlock(7), Linux 5.13). Elsewhere there are only the limits.
"""

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from pathlib import Path

MEMORY = 512_000_000  # bytes of address space
HEARING_MEMORY = 1_500_000_000  # with a model that transcribes, and what it computes with
PAGE_CPU = 60  # seconds of CPU

READ_ONLY = ("/usr", "/lib", "/lib64", "/bin", "/opt", "/etc/ld.so.cache", "/etc/alternatives")

# <linux/landlock.h>
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
PATH_BENEATH = 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
ALL_ACCESS = (1 << 13) - 1  # of its first version: also to make, remove and rename
TRUNCATE = 1 << 14  # since its third
SCOPED = 1 | 2  # since its sixth: sockets without a path, signals to others

# <linux/prctl.h>, <linux/seccomp.h>, <linux/filter.h>
PARENT_DEATH_SIGNAL, NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 1, 38, 22, 2
LOAD, JUMP_IF_EQUAL, JUMP_IF_GREATER_EQUAL, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050001, 0x80000000
OTHER_NUMBERS = 0x40000000  # where another way to count the calls begins
# The architecture, and its numbers of socket, ptrace, process_vm_readv, process_vm_writev,
# io_uring_setup: all ways to the network, and to other processes' memory.
CALLS = {
    "x86_64": (0xC000003E, (41, 101, 310, 311, 425)),
    "aarch64": (0xC00000B7, (198, 117, 270, 271, 425)),
}


def confine(program: str | None, model: str | None = None) -> list[str]:
    """`program`: Tesseract's path; `model`: that of one which transcribes. Returns what this system
    could not take: nothing, at best."""
    lacks = []
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(limit, (value, value))
    try:
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (HEARING_MEMORY if model else MEMORY, hard))
    except (OSError, ValueError):
        lacks.append("memory")
    if sys.platform != "linux":
        return [*lacks, "files", "network"]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if not close_files(libc, program, model):
        lacks.append("files")
    if not close_network(libc):
        lacks.append("network")
    return lacks


def limit_cpu() -> None:
    """From now on this process may use so much: call it for each page."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (used + PAGE_CPU, hard))


def close_files(libc: ctypes.CDLL, program: str | None, model: str | None) -> bool:
    """Leaves what Python and Tesseract are made of, and the model, to be read. Whether that
    worked."""
    version = call(libc, CREATE_RULESET, None, 0, 1)
    handled = ALL_ACCESS | (TRUNCATE if version >= 3 else 0)
    attributes = struct.pack("QQQ", handled, 0, SCOPED)[: 24 if version >= 6 else 8]
    ruleset = call(libc, CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    own = [sys.prefix, sys.base_prefix, str(Path(__file__).parents[1])]
    if program:
        home = Path(program).resolve().parents[1]
        own += [str(home / folder) for folder in ("bin", "lib", "share")]
    for path in (*READ_ONLY, *own):
        allow(libc, ruleset, path, READ_FILE | READ_DIR | EXECUTE)
    if model:
        allow(libc, ruleset, model, READ_FILE)
    allow(libc, ruleset, "/dev/null", READ_FILE | WRITE_FILE)
    done = call(libc, RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return done == 0


def allow(libc: ctypes.CDLL, ruleset: int, path: str, access: int) -> None:
    """A path that isn't there needs no leave."""
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_PATH)
        if not os.path.isdir(path):
            access &= ~READ_DIR
        call(libc, ADD_RULE, ruleset, PATH_BENEATH, struct.pack("=Qi", access, file), 0)
        os.close(file)


def call(libc: ctypes.CDLL, *values: int | bytes | None) -> int:
    """A system call. The C library's function takes words, not the shorter integers of ctypes."""
    return int(libc.syscall(*(ctypes.c_long(v) if isinstance(v, int) else v for v in values)))


def close_network(libc: ctypes.CDLL) -> bool:
    """Whether the kernel refuses from now on what leads out of this process."""
    if platform.machine() not in CALLS:
        return False
    architecture, calls = CALLS[platform.machine()]
    count = len(calls)
    instructions = [
        (LOAD, 0, 0, 4),  # struct seccomp_data: the number at 0, the architecture at 4
        (JUMP_IF_EQUAL, 0, count + 4, architecture),
        (LOAD, 0, 0, 0),
        (JUMP_IF_GREATER_EQUAL, count + 2, 0, OTHER_NUMBERS),
        *((JUMP_IF_EQUAL, count - i, 0, call) for i, call in enumerate(calls)),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, KILL),
    ]
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    buffer = ctypes.create_string_buffer(program)
    header = struct.pack("HL", len(instructions), ctypes.addressof(buffer))
    return bool(libc.prctl(SET_SECCOMP, FILTER, header, 0, 0) == 0)
