"""Scrapes of a real collector, served by an exporter, held by a real Prometheus, and what must come of them."""

import math
import pathlib
import time

from spmtest.dataset import Names
from spmtest.exporter import CLASSIC, OPENMETRICS, SCRAPES, UTF8, Exporter, samples
from spmtest.prometheus import PROMETHEUS, Prometheus
from spmtest.proxy import Proxy
from spmtest.questions import Question, in_range
from spmtest.waiting import eventually

HERE = pathlib.Path(__file__).resolve().parent
EVERY, WINDOW, STEP, POINTS = 0.25, 3.0, 0.5, 3
SCRAPES_NEEDED = int((WINDOW + STEP * POINTS) / EVERY) + 8
SERVICE, SERVER, CLIENT = "demo.svc", "lets-go", "child-span-00"

CALLS, DURATION = "traces_span_metrics_calls_total", "traces_span_metrics_duration_milliseconds"
FILES = {
    "default.prom": Names(CALLS, DURATION),
    "seconds.prom": Names(CALLS, "traces_span_metrics_duration_seconds", per_ms=0.001),
    "bare-namespace.prom": Names("calls_total", "duration_milliseconds"),
    "custom-namespace.prom": Names("otel_collector_span_metrics_calls_total",
                                   "otel_collector_span_metrics_duration_milliseconds"),
    "no-suffixes.prom": Names("traces_span_metrics_calls", "traces_span_metrics_duration"),
    "no-suffixes-seconds.prom": Names("traces_span_metrics_calls", "traces_span_metrics_duration", per_ms=0.001),
    "dimensions-exemplars.om": Names(CALLS, DURATION),
    "otel-status.prom": Names(CALLS, DURATION, status=None),
}
_DOTTED = {"service": "service.name", "operation": "span.name", "kind": "span.kind", "status": "status.code"}
UTF8_FILES = {
    "utf8-suffixes.prom": Names("traces.span.metrics.calls_total", "traces.span.metrics.duration_milliseconds", **_DOTTED),
    "no-translation.prom": Names("traces.span.metrics.calls", "traces.span.metrics.duration", **_DOTTED),
}


def text_of(file):
    return (HERE / "collector" / file).read_text(encoding="utf-8")


def content_type_of(file):
    if file in UTF8_FILES:
        return UTF8
    return OPENMETRICS if file.endswith(".om") else CLASSIC


class Scraped:
    """An exporter and the Prometheus that scrapes it. A proxy is started by the test, once there is something to find.

    `data`: blocks of earlier days in the same store."""

    def __init__(self, file, program=PROMETHEUS, data=None):
        self.exporter = Exporter(text_of(file), content_type_of(file))
        configuration = (f"global: {{scrape_interval: {EVERY * 1000:g}ms, scrape_timeout: {EVERY * 1000:g}ms}}\n"
                         "scrape_configs:\n- job_name: collector\n  static_configs:\n"
                         f"  - targets: ['{self.exporter.address}']\n")
        self.store = Prometheus(data, configuration, program=program)

    def __enter__(self):
        self.exporter.__enter__()
        try:
            self.store.__enter__()
        except BaseException:
            self.exporter.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.store.__exit__()
        self.exporter.__exit__()

    def wait_for_scrapes(self, more=SCRAPES_NEEDED, seconds=60.0):
        wanted = self.exporter.scrapes + more if more != SCRAPES_NEEDED else more
        eventually(lambda: self.exporter.scrapes >= wanted,
                   lambda: f"{wanted} scrapes, there were {self.exporter.scrapes}\n{self.store.child.text()[-2000:]}",
                   seconds)

    def proxy(self, *arguments, **options):
        return Proxy(self.store.url, *arguments, **options)


def question(metric, kind, by_operation=True, quantile=None):
    """About the seconds before the last one: what is asked twice must have stopped changing."""
    return Question(metric, [SERVICE], round(time.time() - 1.0, 3), STEP * (POINTS - 1), STEP, WINDOW, quantile,
                    by_operation, (kind,))


def growth(store_url, asked):
    """By how much the multiplier of all values grew, per second, at each time of the question."""
    found = in_range(store_url, f"rate({SCRAPES}[{round(asked.rate * 1000)}ms])", asked)
    assert len(found) == 1, f"the scrape counter is there {len(found)} times"
    return {round(float(at) * 1000): float(value) for at, value in found[0]["values"]}


def _of_kind(text, metric, names, kind):
    wanted = "SPAN_KIND_" + kind.upper()
    return [one for one in samples(text) if one.name == metric and one.labels.get(names.kind) == wanted]


def _key(one, names, by_operation):
    return (one.labels[names.service], one.labels[names.operation] if by_operation else None)


def calls_of(text, names, kind, by_operation):
    made = {}
    for one in _of_kind(text, names.calls, names, kind):
        key = _key(one, names, by_operation)
        made[key] = made.get(key, 0.0) + one.value
    return made


def latencies_of(text, names, kind, by_operation, quantile):
    """In milliseconds, from the buckets in the file: their rates have its proportions at every time."""
    buckets = {}
    for one in _of_kind(text, names.bucket, names, kind):
        bounds = buckets.setdefault(_key(one, names, by_operation), {})
        bound = float(one.labels["le"])
        bounds[bound] = bounds.get(bound, 0.0) + one.value
    return {key: histogram_quantile(quantile, bounds) / names.per_ms for key, bounds in buckets.items()}


def histogram_quantile(quantile, buckets):
    """Of {upper bound: cumulative count}, as Prometheus interpolates."""
    bounds = sorted(buckets)
    assert len(bounds) > 1 and math.isinf(bounds[-1]), bounds
    rank = quantile * buckets[bounds[-1]]
    at = next((i for i, bound in enumerate(bounds[:-1]) if buckets[bound] >= rank), len(bounds) - 1)
    if at == len(bounds) - 1:
        return bounds[-2]
    if at == 0 and bounds[0] <= 0:
        return bounds[0]
    start, before = (bounds[at - 1], buckets[bounds[at - 1]]) if at else (0.0, 0.0)
    return start + (bounds[at] - start) * ((rank - before) / (buckets[bounds[at]] - before))
