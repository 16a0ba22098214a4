"""`make run` as the README promises it: three curl lines that work as printed, and an end that leaves nothing behind."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import pytest

from spmtest import paths
from spmtest.child import Child
from spmtest.sanitizers import slowdown
from spmtest.waiting import eventually

DEMO = paths.REPOSITORY / "demo" / "run.py"
NAMES = ("http", "grpc", "admin", "prometheus", "exporter")


def _free_ports(count):
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _children_of(pid):
    """All processes below `pid`, however deep."""
    parents = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
    found, more = set(), {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - found
        found |= more
    return found


def _alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def _get(demo, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{demo.ports['http']}{path}", timeout=30) as answer:
        return json.load(answer)


class Demo:
    def __init__(self, *arguments):
        self.ports = dict(zip(NAMES, _free_ports(len(NAMES))))
        self.child = Child([sys.executable, DEMO, f"--binary={paths.program()}", "--hours=1", *arguments,
                            *(f"--{name}-port={port}" for name, port in self.ports.items())], dict(os.environ), stream="stdout")

    def wait_until_ready(self):
        self.child.wait_for_line(lambda line: "Ctrl-C" in line, "the demo's greeting", 60 * slowdown(paths.program()))
        return self

    def curl_lines(self):
        return [line.strip() for line in self.child.lines() if line.strip().startswith("curl ")]

    def prometheus(self, query):
        url = f"http://127.0.0.1:{self.ports['prometheus']}/api/v1/query?query={urllib.parse.quote(query)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]


@pytest.fixture(scope="module")
def demo():
    running = Demo()
    try:
        yield running.wait_until_ready()
    finally:
        running.child.signal(signal.SIGTERM)
        assert running.child.wait(30) == 0


def test_curl_lines_work_as_printed(demo):
    lines = demo.curl_lines()
    assert len(lines) == 3
    for line in lines:
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done
        metrics = json.loads(done.stdout)["metrics"]
        assert metrics and all(len(metric["metricPoints"]) >= 25 for metric in metrics), line


def test_what_it_says_to_open(demo):
    addresses = [word for line in demo.child.lines() for word in line.split() if word.startswith("http://")]
    assert len(addresses) >= 4
    for address in addresses:
        with urllib.request.urlopen(address if address.count("/") > 2 and "/api/" in address or "/readyz" in address or "/metrics" in address
                                    or str(demo.ports["prometheus"]) in address else f"{address}/livez", timeout=10) as answer:
            assert answer.status == 200


@pytest.mark.parametrize("names", ["seconds", "processor", "tempo"])
def test_every_name_is_found(names, demo):
    """The same question, the same answer, whatever the metrics are called."""
    other = Demo(f"--names={names}").wait_until_ready()
    try:
        end = int(time.time()) // 60 * 60_000 - 300_000
        path = f"/api/metrics/latencies?service=frontend&quantile=0.95&endTs={end}&lookback=600000&step=60000&groupByOperation=true"
        answers = [_get(one, path)["metrics"] for one in (demo, other)]
        assert answers[0] and [one["labels"] for one in answers[0]] == [one["labels"] for one in answers[1]]
        for one, same in zip(*answers):
            for a, b in zip(one["metricPoints"], same["metricPoints"], strict=True):
                # Two demos begin seconds apart, and whole numbers of rare calls make steps of some per cent. A wrong
                # unit is a factor of a thousand, a wrong histogram another quantile altogether.
                assert b["gaugeValue"]["doubleValue"] == pytest.approx(a["gaugeValue"]["doubleValue"], rel=0.25), names
    finally:
        other.child.signal(signal.SIGTERM)
        assert other.child.wait(30) == 0


def test_live_metrics_continue_the_history(demo):
    """The exporter is scraped, and no counter starts again where the history ends."""
    eventually(lambda: demo.prometheus('up{job="spanmetrics"} == 1'), "a scrape", 30)
    eventually(lambda: demo.prometheus("count_over_time(traces_span_metrics_calls_total[12s]) >= 2"), "two scrapes", 30)
    assert demo.prometheus("sum(resets(traces_span_metrics_calls_total[30m]))")[0]["value"][1] == "0"
    series = demo.prometheus("count(traces_span_metrics_calls_total)")[0]["value"][1]
    assert series == demo.prometheus("count(count_over_time(traces_span_metrics_calls_total[30m]))")[0]["value"][1]


def test_ports_that_are_taken():
    for name in NAMES:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen(1)
            port = taken.getsockname()[1]
            others = dict(zip(NAMES, _free_ports(len(NAMES)))) | {name: port}
            done = subprocess.run([sys.executable, DEMO, f"--binary={paths.program()}",
                                   *(f"--{key}-port={value}" for key, value in others.items())], capture_output=True, text=True, timeout=60)
            assert done.returncode == 1, done
            assert str(port) in done.stderr and f"make run {name.upper()}_PORT=" in done.stderr, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left(number):
    demo = Demo().wait_until_ready()
    children = _children_of(demo.child.pid)
    assert len(children) >= 2
    demo.child.signal(number)
    status = demo.child.wait(30)
    assert number == signal.SIGKILL or status == 0
    eventually(lambda: not any(map(_alive, children)), "all children gone", 20)


def test_interrupt_while_it_starts():
    demo = Demo()
    demo.child.wait_for_line(lambda line: "writing" in line, "the first words")
    children = eventually(lambda: _children_of(demo.child.pid), "a child")
    demo.child.signal(signal.SIGINT)
    assert demo.child.wait(30) == 0
    eventually(lambda: not any(map(_alive, children | _children_of(demo.child.pid))), "all children gone", 20)


def test_a_child_that_dies_ends_the_demo():
    demo = Demo().wait_until_ready()
    victim = next(pid for pid in _children_of(demo.child.pid)
                  if paths.program().name in pathlib.Path(f"/proc/{pid}/cmdline").read_text())
    others = _children_of(demo.child.pid) - {victim}
    os.kill(victim, signal.SIGKILL)
    assert demo.child.wait(30) == 1
    eventually(lambda: not any(map(_alive, others)), "all children gone", 20)
