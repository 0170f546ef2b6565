"""Settings of the Python interpreter that keep the event loop responsive."""

import gc
import sys


def tune_interpreter() -> None:
    """To be called once, when everything is loaded."""
    # Seconds after which another thread must let the loop run, if it can; Python's default is
    # 0.005.
    sys.setswitchinterval(0.001)
    # Garbage collection stops the loop: for 30 ms where a thousand watch, and many times a second.
    # What exists by now stays, so it is left out; and the rest can wait for longer.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
