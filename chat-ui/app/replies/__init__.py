"""The runner: takes queued replies, lets the language model write them, stores, then shows."""
