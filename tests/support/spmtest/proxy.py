"""The program under test as a context manager."""

import os
import signal
import subprocess
import time

from . import logfmt, paths, raw_http, sanitizers
from .child import Child
from .waiting import eventually

# Settings of the machine that runs the tests must not reach the program.
_FOREIGN = ("PROMETHEUS_", "QUERY_", "METRICS_", "JAEGER_", "SPM_", "HTTP_", "GRPC_", "ADMIN_", "MULTI_TENANCY", "LOG_")
_KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "TMPDIR")


def clean_environment(extra=None) -> dict:
    environment = {name: value for name, value in os.environ.items()
                   if name in _KEPT and not name.startswith(_FOREIGN)}
    environment.update(sanitizers.environment())
    environment.update(extra or {})
    return environment


def run_command(*arguments, environment=None, seconds=20.0):
    """Runs the program to its end; returns the finished process with text output."""
    program = paths.program()
    done = subprocess.run([str(program), *map(str, arguments)], env=clean_environment(environment),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", errors="replace",
                          timeout=seconds * sanitizers.slowdown(program))
    report = sanitizers.report_in(done.stderr)
    assert report is None, report
    return done


class Proxy:
    """Started on loopback ports of its own choice. On leaving the block it gets SIGTERM and must exit with 0.

    `until`: 'ready' waits for 200 of /readyz, 'live' for 200 of /livez, 'listening' for the doors only.
    `expect_exit` None: any status. `wrapper`: a command that ends by executing the program in its place.
    """

    def __init__(self, store_url, *arguments, environment=None, until="ready", expect_exit=0, wrapper=()):
        self.program = paths.program()
        self.slowdown = sanitizers.slowdown(self.program)
        self.expect_exit = expect_exit
        self._until = until
        command = [*wrapper, self.program, *(f"--{door}.host-port=127.0.0.1:0" for door in ("http", "grpc", "admin"))]
        if store_url is not None:
            command.append(f"--prometheus.server-url={store_url}")
        self._command = command + list(arguments)
        self._environment = clean_environment(environment)
        self.child = None
        self.doors = {}
        self.seconds_to_ready = None

    def __enter__(self):
        started = time.monotonic()
        self.child = Child(self._command, self._environment)
        try:
            for door in ("http", "grpc", "admin"):
                self.doors[door] = self._listening(door)
            if self._until != "listening":
                path = {"ready": "/readyz", "live": "/livez"}[self._until]
                eventually(lambda: self._answers_200(path), lambda: f"200 of {path}\n{self.child.text()[-4000:]}",
                           20 * self.slowdown)
                self.seconds_to_ready = time.monotonic() - started
        except BaseException:
            self.child.kill()
            report = sanitizers.report_in(self.child.text())
            if report:
                raise AssertionError(report) from None
            raise
        return self

    def _listening(self, door):
        def accepts(line):
            fields = logfmt.parse(line)
            return fields.get("msg") == "listening" and fields.get("door") == door
        line = self.child.wait_for_line(accepts, f"a log line that the {door} door is listening", 20 * self.slowdown)
        host, port = logfmt.parse(line)["address"].rsplit(":", 1)
        return host.strip("[]"), int(port)

    def _answers_200(self, path):
        if not self.child.running():
            raise AssertionError(f"the program ended with {self.child.wait()}:\n{self.child.text()[-4000:]}")
        try:
            return raw_http.get(self.admin, path).status == 200
        except (OSError, raw_http.BrokenAnswer):
            return False

    @property
    def http(self):
        return self.doors["http"]

    @property
    def grpc(self):
        return self.doors["grpc"]

    @property
    def admin(self):
        return self.doors["admin"]

    def get(self, target, **options):
        return raw_http.get(self.http, target, **options)

    def calls(self, service="frontend", **options):
        """A small question whose answer needs exactly one upstream query."""
        return self.get(f"/api/metrics/calls?service={service}&endTs=1795141800000&lookback=60000&step=60000", **options)

    def log(self):
        """All log lines so far, as dictionaries."""
        return [logfmt.parse(line) for line in self.child.lines()]

    def wait_for_log(self, accepts, what, seconds=10.0):
        line = self.child.wait_for_line(lambda text: accepts(logfmt.parse(text)), what, seconds * self.slowdown)
        return logfmt.parse(line)

    def access_line(self, request_id):
        return self.wait_for_log(lambda fields: request_id in fields.values() and "status" in fields,
                                 f"the access line of request {request_id}")

    def metrics(self) -> str:
        answer = raw_http.get(self.admin, "/metrics")
        assert answer.status == 200, answer
        return answer.text

    def resident_kib(self):
        with open(f"/proc/{self.child.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def terminate(self):
        self.child.signal(signal.SIGTERM)

    def __exit__(self, kind, error, trace):
        try:
            if self.child.running():
                self.terminate()
            try:
                status = self.child.wait(15 * self.slowdown)
            except subprocess.TimeoutExpired:
                status = None
        finally:
            self.child.kill()
        log = self.child.text()
        report = sanitizers.report_in(log)
        assert report is None, report
        if error is not None:
            print("---- log of the program ----\n" + log[-6000:])
            return
        assert status is not None, f"still running after SIGTERM\n{log[-4000:]}"
        assert self.expect_exit in (None, status), f"exit status {status}, wanted {self.expect_exit}\n{log[-4000:]}"
