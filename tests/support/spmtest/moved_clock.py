"""Clocks of programs under test that a test moves while they run: hours pass at once, or the wall clock is set."""

import mmap
import os
import pathlib
import struct
import tempfile
import time

from . import paths, sanitizers


def _library() -> pathlib.Path:
    """SPM_MOVED_CLOCK, or what was built beside the program."""
    path = pathlib.Path(os.environ.get("SPM_MOVED_CLOCK") or paths.program().parent / "bin" / "libmoved_clock.so")
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: build the target moved_clock, or set SPM_MOVED_CLOCK")
    return path.resolve()


class MovedClock:
    """A context manager. `environment` is for the programs that shall live by it; they may be several."""

    def __init__(self, wall_ms=None):
        """`wall_ms`: what the wall clock says at first; None: what it is."""
        self._wall_ns = 0 if wall_ms is None else wall_ms * 1_000_000 - time.time_ns()
        self._monotonic_ns = 0

    def __enter__(self):
        self._file = tempfile.NamedTemporaryFile(prefix="spm-clock-")
        self._file.write(bytes(16))
        self._file.flush()
        self._memory = mmap.mmap(self._file.fileno(), 16)
        self._tell()
        return self

    def __exit__(self, *_):
        self._memory.close()
        self._file.close()

    @property
    def environment(self):
        made = {"LD_PRELOAD": str(_library()), "MOVED_CLOCK": self._file.name}
        # The sanitizer's own library would like to be the first one.
        made["ASAN_OPTIONS"] = sanitizers.environment()["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
        return made

    def now_ms(self) -> int:
        """What the programs take for the time."""
        return (time.time_ns() + self._wall_ns) // 1_000_000

    def pass_time(self, seconds):
        """On both clocks, as when the time has passed."""
        self._wall_ns += round(seconds * 1e9)
        self._monotonic_ns += round(seconds * 1e9)
        self._tell()

    def set_wall_clock(self, seconds):
        """Forward, or backward when it is negative; the monotonic clock knows nothing of it."""
        self._wall_ns += round(seconds * 1e9)
        self._tell()

    def _tell(self):
        # One after the other: a program that looks in between sees the wall clock set for a moment, and must bear it.
        self._memory[8:16] = struct.pack("<q", self._monotonic_ns)
        self._memory[0:8] = struct.pack("<q", self._wall_ns)
