"""Stores in one condition each: a real Prometheus, filled by remote write up to this moment."""

import time

from spmtest.dataset import Names
from spmtest.prometheus import Prometheus
from spmtest.remote_write import Native, write

CONNECTOR = Names("traces_span_metrics_calls_total", "traces_span_metrics_duration_milliseconds")
BOUNDS_MS = (2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10000, 15000)
# service, operation, kind, status, calls a sample
ROWS = (
    ("frontend", "GET /", "SERVER", "UNSET", 30),
    ("frontend", "GET /", "SERVER", "ERROR", 2),
    ("checkout", "POST /pay", "SERVER", "UNSET", 6),
)
EVERY, SAMPLES = 15, 81  # twenty minutes


def store(*arguments, configuration="global: {}\n"):
    return Prometheus(configuration=configuration,
                      arguments=["--web.enable-remote-write-receiver", "--enable-feature=native-histograms", *arguments])


def labels_of(names, row, more=None):
    service, operation, kind, status, _ = row
    labels = {names.service: service, names.operation: operation, "job": "spanmetrics"}
    if names.kind:
        labels[names.kind] = "SPAN_KIND_" + kind
    if names.status:
        labels[names.status] = "STATUS_CODE_" + status
    return labels | (more or {})


def span_metrics(names=CONNECTOR, rows=ROWS, forms=("classic",), bounds_ms=BOUNDS_MS, steps=lambda number: number,
                 calls=True, more=None):
    """A function from a sample's number to all values. `steps`: of what the counters are multiples at that sample."""
    def values(number):
        for row in rows:
            labels, total = labels_of(names, row, more), row[-1] * steps(number)
            if calls:
                yield {"__name__": names.calls, **labels}, float(total)
            if "native" in forms:
                yield {"__name__": names.histogram, **labels}, Native(3, 40, [total, 2 * total, total], 9.0 * total)
            if "classic" in forms:
                for index, bound in enumerate(bounds_ms):
                    below = total * (index + 1) // len(bounds_ms)
                    yield {"__name__": names.bucket, **labels, "le": repr(float(bound * names.per_ms))}, float(below)
            if {"classic", "inf"} & set(forms):
                yield {"__name__": names.bucket, **labels, "le": "+Inf"}, float(total)
                yield {"__name__": names.histogram + "_count", **labels}, float(total)
    return values


def fill(url, *sources, every=EVERY, samples=SAMPLES, ends_in=0.0):
    """Writes what the sources say, sample by sample; the newest lies `ends_in` seconds from now."""
    end = time.time() + ends_in
    for number in range(samples):
        at = end - every * (samples - 1 - number)
        write(url, round(at * 1000), [value for source in sources for value in source(number)])


def plain(name, **labels):
    """A metric that is none of spans."""
    return lambda number: [({"__name__": name, **labels}, float(number))]
