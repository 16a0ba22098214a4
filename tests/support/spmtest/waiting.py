"""Waiting for a condition, never for a time."""

import time

POLL_SECONDS = 0.01


def eventually(condition, what: str, seconds: float = 20.0):
    """Returns the first true value of `condition()`; fails, saying `what` was waited for, after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            said = what() if callable(what) else what
            raise AssertionError(f"waited {seconds:g} s in vain for: {said}")
        time.sleep(POLL_SECONDS)
