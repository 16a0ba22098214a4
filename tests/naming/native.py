"""Stores with native histograms, filled by remote write, and what their own PromQL says."""

import time

from spmtest.dataset import Names
from spmtest.prometheus import PROMETHEUS, Prometheus
from spmtest.proxy import Proxy
from spmtest.questions import Asked, Judge, page
from spmtest.remote_write import Native, write

EVERY, SAMPLES = 15, 160  # 40 minutes
SCHEMA = 3                # bounds grow by 2^(1/8)
BOUNDS_MS = [2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10000, 15000]
# service, operation, kind, status, index of the first native bucket in ms, calls a sample
ROWS = [
    ("frontend", "GET /a", "SERVER", "UNSET", 40, 12),
    ("frontend", "GET /a", "SERVER", "ERROR", 52, 3),
    ("frontend", "GET /b", "SERVER", "UNSET", 20, 30),
    ("frontend", "call", "CLIENT", "UNSET", 60, 5),
    ("checkout", "POST /pay", "SERVER", "UNSET", 70, 7),
    ("checkout", "POST /pay", "SERVER", "ERROR", 30, 1),
]
SERVICES = ("frontend", "checkout")
KINDS = ("server", "client")


def server(program=PROMETHEUS):
    more = ["--enable-feature=native-histograms"] if program == PROMETHEUS else []
    return Prometheus(arguments=["--web.enable-remote-write-receiver", *more], program=program)


class Filled:
    """Fills a store. `native` and `classic`: numbers of the samples (range) in that form; `calls`: a calls metric, too."""

    def __init__(self, store, names, native=range(SAMPLES), classic=range(0), calls=True):
        self.names, self.start = names, int(time.time()) // EVERY * EVERY - EVERY * SAMPLES
        self.end = self.start + EVERY * (SAMPLES - 1)
        totals = {row: [0] * 12 for row in ROWS}
        for number in range(SAMPLES):
            values = []
            for row in ROWS:
                service, operation, kind, status, first, rate = row
                for index in range(rate):  # spread over the buckets, differently each time
                    totals[row][(index * index + number * 7 + index * number) % 12] += 1
                labels = {names.service: service, names.operation: operation, "job": "spanmetrics"}
                labels |= {names.kind: "SPAN_KIND_" + kind} if names.kind else {}
                labels |= {names.status: "STATUS_CODE_" + status} if names.status else {}
                values += self._of_one(number, labels, totals[row], first, native, classic, calls)
            write(store.url, (self.start + number * EVERY) * 1000, values)

    def _of_one(self, number, labels, counts, first, native, classic, calls):
        names, count = self.names, sum(counts)
        # Seconds are another place on the same scale: 1000 is about 2^(80/8).
        shift = -80 if names.per_ms == 0.001 else 0
        if calls:
            yield {"__name__": names.calls, **labels}, float(count)
        if number in native:
            yield {"__name__": names.histogram, **labels}, Native(SCHEMA, first + shift, list(counts), float(count))
        if number in classic:
            middles = [2 ** ((first + index - 0.5) / 8) for index in range(len(counts))]
            for bound in (*BOUNDS_MS, float("inf")):
                below = sum(have for have, middle in zip(counts, middles) if middle <= bound)
                le = "+Inf" if bound == float("inf") else repr(float(bound * names.per_ms))
                yield {"__name__": names.bucket, **labels, "le": le}, float(below)
            yield {"__name__": names.histogram + "_count", **labels}, float(count)

    def questions(self):
        return page(SERVICES, self.end, 1500.0, kinds=KINDS)


def _compare(store, filled, expected):
    with Proxy(store.url, "--cache.mode=off") as proxy:
        for question in filled.questions():
            wanted = expected(question)
            assert any(wanted.values()), f"the store itself has nothing for {question}"
            Asked(proxy, question).is_like(wanted, 1e-9)


MILLISECONDS = ("traces_span_metrics_calls_total", "traces_span_metrics_duration_milliseconds")
SECONDS = ("traces_span_metrics_calls_total", "traces_span_metrics_duration_seconds")


def check_alone(program, names):
    with server(program) as store:
        filled = Filled(store, names)
        _compare(store, filled, Judge(store.url, names, native=True).expected)


def check_without_calls(program):
    """The calls are counted by the histogram."""
    names = Names(None, SECONDS[1], per_ms=0.001)
    with server(program) as store:
        filled = Filled(store, names, calls=False)
        _compare(store, filled, Judge(store.url, names, native=True).expected)


def check_migration(program):
    """Classic first, then native, both for a while: no gap and no mixture, point by point."""
    names = Names(*SECONDS, per_ms=0.001)
    with server(program) as store:
        filled = Filled(store, names, native=range(SAMPLES // 2, SAMPLES), classic=range(SAMPLES * 3 // 4))
        new, old = Judge(store.url, names, native=True), Judge(store.url, names)

        def expected(question):
            if question.metric != "latencies":
                return old.expected(question)
            before, after = old.expected(question), new.expected(question)
            for key, points in before.items():
                ended, begun = set(points) - set(after.get(key, {})), set(after.get(key, {})) - set(points)
                assert ended and begun, f"{key}: not a migration"
            return {key: before.get(key, {}) | after.get(key, {}) for key in before.keys() | after.keys()}
        _compare(store, filled, expected)


NAMES = {
    "milliseconds": Names(*MILLISECONDS),
    "seconds": Names(*SECONDS, per_ms=0.001),
    "tempo": Names("traces_spanmetrics_calls_total", "traces_spanmetrics_latency", service="service", per_ms=0.001),
    "without kind and status": Names(*MILLISECONDS, kind=None, status=None),
}
