"""A started program whose output is kept, and which never outlives its test."""

import ctypes
import os
import signal
import subprocess
import threading

from .waiting import eventually

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Child:
    """`stream` names the output that is kept line by line: 'stderr' or 'stdout'; the other goes to /dev/null."""

    def __init__(self, command, environment=None, stream="stderr", directory=None):
        streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        streams[stream] = subprocess.PIPE
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, env=environment, cwd=directory,
            preexec_fn=_die_with_parent, **streams)
        self._lines = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, args=(getattr(self.process, stream),), daemon=True)
        self._reader.start()

    def _read(self, pipe):
        for raw in iter(pipe.readline, b""):
            with self._changed:
                self._lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
                self._changed.notify_all()
        pipe.close()

    @property
    def pid(self):
        return self.process.pid

    def lines(self):
        with self._changed:
            return list(self._lines)

    def text(self):
        return "\n".join(self.lines())

    def running(self):
        return self.process.poll() is None

    def wait_for_line(self, accepts, what, seconds=20.0):
        """The first line, past or future, that `accepts(line)` holds for."""
        def look():
            found = next((line for line in self.lines() if accepts(line)), None)
            if found is None and not self.running():
                self._reader.join(5)
                found = next((line for line in self.lines() if accepts(line)), None)
                if found is None:
                    raise AssertionError(
                        f"the program ended with {self.process.returncode} before: {what}\n{self.text()[-4000:]}")
            return found
        return eventually(look, lambda: f"{what}\n{self.text()[-4000:]}", seconds)

    def signal(self, number):
        os.kill(self.process.pid, number)

    def wait(self, seconds=20.0):
        """The exit status, with all output read."""
        status = self.process.wait(seconds)
        self._reader.join(5)
        return status

    def kill(self):
        if self.running():
            self.process.kill()
        return self.wait()
