"""A real VictoriaMetrics on a free port."""

import os
import pathlib
import tempfile
import urllib.request

from .child import Child
from .waiting import eventually

VICTORIA_METRICS = "victoria-metrics"


def _listening_port(pid):
    """The TCP port that this process listens on; None while it does not."""
    folder = pathlib.Path(f"/proc/{pid}")
    inodes = set()
    for entry in (folder / "fd").iterdir():
        try:
            target = os.readlink(entry)
        except OSError:
            continue  # closed since
        if target.startswith("socket:["):
            inodes.add(target[len("socket:["):-1])
    for line in (folder / "net" / "tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[9] in inodes:
            return int(fields[1].rsplit(":", 1)[1], 16)
    return None


class VictoriaMetrics:
    """A context manager; `url` is valid inside."""

    def __enter__(self):
        self._scratch = tempfile.TemporaryDirectory(prefix="spm-victoria-metrics-")
        self.child = Child([VICTORIA_METRICS, f"-storageDataPath={self._scratch.name}", "-httpListenAddr=127.0.0.1:0",
                            "-retentionPeriod=100y", "-memory.allowedPercent=5"])
        try:
            port = eventually(lambda: _listening_port(self.child.pid),
                              lambda: f"VictoriaMetrics listening\n{self.child.text()[-2000:]}", 30)
            self.url = f"http://127.0.0.1:{port}"
        except BaseException:
            self.__exit__()
            raise
        return self

    def load(self, lines):
        """Lines of the text format, with timestamps in milliseconds."""
        body = "".join(lines).encode()
        request = urllib.request.Request(self.url + "/api/v1/import/prometheus", body, {"Content-Type": "text/plain"})
        urllib.request.urlopen(request, timeout=60).close()
        urllib.request.urlopen(self.url + "/internal/force_flush", timeout=60).close()

    def __exit__(self, *_):
        self.child.kill()
        self._scratch.cleanup()
