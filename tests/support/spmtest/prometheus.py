"""A real Prometheus on a free port, and blocks of generated data for it."""

import contextlib
import fcntl
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

from . import paths
from .child import Child
from .waiting import eventually

PROMETHEUS, PROMTOOL = "prometheus", "promtool"


def blocks(generator, *arguments) -> pathlib.Path:
    """The blocks that promtool makes of what the `generator` script prints. Made once for each content of the script."""
    generator = pathlib.Path(generator)
    key = hashlib.sha256(generator.read_bytes() + repr(arguments).encode()).hexdigest()[:16]
    directory = paths.cache_directory() / f"{generator.stem}-{key}"
    with open(directory.with_suffix(".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # suites run side by side
        if not directory.is_dir():
            with tempfile.TemporaryDirectory(dir=paths.cache_directory()) as scratch:
                text, made = pathlib.Path(scratch) / "metrics.om", pathlib.Path(scratch) / "blocks"
                with open(text, "wb") as file:
                    subprocess.run([sys.executable, str(generator), *arguments], stdout=file, check=True)
                subprocess.run([PROMTOOL, "tsdb", "create-blocks-from", "openmetrics", str(text), str(made)],
                               stdout=subprocess.DEVNULL, check=True)
                made.rename(directory)
    return directory


def merged(directories, into) -> pathlib.Path:
    """`into`, made to hold the blocks of all these directories: one store with everything in it."""
    into = pathlib.Path(into)
    for directory in directories:
        shutil.copytree(directory, into, dirs_exist_ok=True)
    return into


class Prometheus:
    """`data`: a directory of blocks, copied first. `url` is valid inside the block; so are kill() and start().

    `program`: another Prometheus than Debian's."""

    def __init__(self, data=None, configuration="global: {}\n", arguments=(), port=0, program=PROMETHEUS):
        self._data, self._configuration, self._arguments, self.port = data, configuration, arguments, port
        self._program = program
        self._scratch = None
        self.child = None
        self.url = None

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            self._scratch = pathlib.Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="spm-prometheus-")))
            storage = self._scratch / "data"
            if self._data:
                shutil.copytree(self._data, storage)
            else:
                storage.mkdir()
            (self._scratch / "prometheus.yml").write_text(self._configuration, encoding="utf-8")
            self.start()
            self._undo = undo.pop_all()
        return self

    def start(self):
        self.child = Child([
            self._program, f"--config.file={self._scratch / 'prometheus.yml'}", f"--storage.tsdb.path={self._scratch / 'data'}",
            "--storage.tsdb.retention.time=100y", f"--web.listen-address=127.0.0.1:{self.port}", *self._arguments])
        listening = re.compile(r'msg="Listening on" (?:component=web )?address=127\.0\.0\.1:(\d+)')
        line = self.child.wait_for_line(listening.search, "Prometheus listening", 30)
        self.port = int(listening.search(line).group(1))
        self.url = f"http://127.0.0.1:{self.port}"
        eventually(self._ready, lambda: f"Prometheus ready\n{self.child.text()[-2000:]}", 60)

    def _ready(self):
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def snapshot(self) -> pathlib.Path:
        """A directory of blocks with everything that is stored now, the head included. Needs --web.enable-admin-api."""
        request = urllib.request.Request(f"{self.url}/api/v1/admin/tsdb/snapshot", method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return self._scratch / "data" / "snapshots" / json.load(answer)["data"]["name"]

    def become(self, program):
        """What start() starts from now on, over the same data."""
        self._program = program

    def kill(self):
        self.child.kill()

    def __exit__(self, *_):
        self.child.kill()
        self._undo.close()
